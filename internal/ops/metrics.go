package ops

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the process's, on a registry of its own. Their names begin with portal_. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	calls         *prometheus.HistogramVec
	applied       *prometheus.CounterVec
	dead          *prometheus.CounterVec
	retried       *prometheus.CounterVec
	unknownStatus prometheus.Counter
	sends         *prometheus.CounterVec
	sendTime      prometheus.Histogram

	commits        prometheus.Histogram
	commitFailures prometheus.Counter
	acceptFailures prometheus.Counter
}

// NewMetrics makes the metrics; version is the program's.
func NewMetrics(version string) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "portal_http_request_duration_seconds",
			Help: "Answered REST calls.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 5}}, []string{"method", "route", "status"}),
		applied: counter("portal_deliveries_applied_total", "Queue deliveries that were committed and acknowledged.", "queue"),
		dead:    counter("portal_deliveries_dead_total", "Queue deliveries that can never be applied.", "queue"),
		retried: counter("portal_deliveries_retried_total", "Attempts to apply a delivery that failed for now.", "queue"),
		unknownStatus: prometheus.NewCounter(prometheus.CounterOpts{Name: "portal_reports_unknown_status_total",
			Help: "Delivery reports with a status that isn't known; they are ignored."}),
		sends: counter("portal_sends_total", "Attempts to send a message to the provider.", "outcome"),
		sendTime: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "portal_send_duration_seconds",
			Help: "Provider calls.", Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30}}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "portal_database_commit_duration_seconds",
			Help: "Changes of tenants' data, from the wait for their turn to the commit.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}}),
		commitFailures: prometheus.NewCounter(prometheus.CounterOpts{Name: "portal_database_commit_failures_total",
			Help: "Changes that could not be committed: the database was away, full, locked or too slow."}),
		acceptFailures: prometheus.NewCounter(prometheus.CounterOpts{Name: "portal_accept_failures_total",
			Help: "Connections that could not be accepted, most likely for want of descriptors; they wait."}),
	}
	for _, outcome := range []string{"accepted", "rejected", "later"} {
		m.sends.WithLabelValues(outcome) // there from the start, so that an alert sees the first one
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "portal_build_info", Help: "Always 1."}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(build, m.calls, m.applied, m.dead, m.retried, m.unknownStatus, m.sends, m.sendTime, m.commits, m.commitFailures, m.acceptFailures,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// ServeHTTP answers /metrics.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// Call counts an answered REST call; route is its pattern.
func (m *Metrics) Call(method, route string, status int, took time.Duration) {
	if route == "" {
		method, route = "", "unknown" // what strangers write must not become a label
	}
	m.calls.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Applied counts deliveries that were committed.
func (m *Metrics) Applied(queue string, n int) { m.applied.WithLabelValues(queue).Add(float64(n)) }

// Dead counts a dead-lettered delivery.
func (m *Metrics) Dead(queue string) { m.dead.WithLabelValues(queue).Inc() }

// Retried counts an attempt that failed for now.
func (m *Metrics) Retried(queue string) { m.retried.WithLabelValues(queue).Inc() }

// UnknownStatus counts a report whose status isn't known.
func (m *Metrics) UnknownStatus() { m.unknownStatus.Inc() }

// Sent counts an attempt to send; outcome is accepted, rejected or later.
func (m *Metrics) Sent(outcome string, took time.Duration) {
	m.sends.WithLabelValues(outcome).Inc()
	m.sendTime.Observe(took.Seconds())
}

// Gauge adds a figure, named portal_…, that is asked for whenever the metrics are read. read must be quick and safe for concurrent use.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Counter adds a figure that only grows, asked for whenever the metrics are read.
func (m *Metrics) Counter(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// CounterBy adds figures that only grow, one for each value of a label.
func (m *Metrics) CounterBy(name, help, label string, read func() map[string]int64) {
	m.registry.MustRegister(&countersBy{prometheus.NewDesc(name, help, []string{label}, nil), read})
}

type countersBy struct {
	desc *prometheus.Desc
	read func() map[string]int64
}

// Describe implements prometheus.Collector.
func (c *countersBy) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

// Collect implements prometheus.Collector.
func (c *countersBy) Collect(ch chan<- prometheus.Metric) {
	for value, n := range c.read() {
		ch <- prometheus.MustNewConstMetric(c.desc, prometheus.CounterValue, float64(n), value)
	}
}

// Watch adds what the health page knows: the state of the database and the broker, and the queues that this process
// consumes.
func (m *Metrics) Watch(h *Health) {
	for _, name := range h.queues {
		m.applied.WithLabelValues(name)
		m.dead.WithLabelValues(name)
		m.retried.WithLabelValues(name)
	}
	m.Gauge("portal_database_connected", "1 while the database answers, as last seen.", func() float64 {
		return oneIf(h.base.known().away == nil)
	})
	m.Gauge("portal_database_writable", "1 while changes can be committed, as last seen.", func() float64 {
		return oneIf(h.Trouble() == nil)
	})
	m.Gauge("portal_broker_connected", "1 while the broker, or the embedded queue, can be used.", func() float64 {
		return oneIf(h.broker.State().Connected)
	})
	m.registry.MustRegister(&consumed{prometheus.NewDesc("portal_queue_consumed", "1 where this process is the queue's consumer.", []string{"queue"}, nil), h})
	m.Gauge("portal_draining", "1 while shutting down.", func() float64 { return oneIf(h.draining.Load()) })
}

type consumed struct {
	desc   *prometheus.Desc
	health *Health
}

// Describe implements prometheus.Collector.
func (c *consumed) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

// Collect implements prometheus.Collector.
func (c *consumed) Collect(ch chan<- prometheus.Metric) {
	state := c.health.broker.State()
	for _, name := range c.health.queues {
		ch <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, oneIf(state.Consuming[name]), name)
	}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
