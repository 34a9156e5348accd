package ops

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/store"
)

const (
	// figuresTime bounds the asking for figures.
	figuresTime = 2 * time.Second
	// figuresAge is how long they are told again without asking: the page is open to everyone.
	figuresAge = time.Second
)

// FiguresConfig says who is asked. All are needed.
type FiguresConfig struct {
	Store interface {
		Figures(context.Context) (store.Figures, error)
	}
	Queue  queue.Queue
	Queues []string
}

// figures are asked for when the metrics are read. What can't be told for now is left out, rather than told wrong.
type figures struct {
	FiguresConfig
	now func() time.Time

	logEvents, logOldest, sendsWaiting, sendsOldest, reportsParked, queueWaiting, queueDead *prometheus.Desc

	mu    sync.Mutex // of those who read at once one asks
	asked time.Time
	told  []prometheus.Metric
}

// Figures adds the sizes of the log and of all that waits.
func (m *Metrics) Figures(c FiguresConfig) {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	m.registry.MustRegister(&figures{FiguresConfig: c, now: time.Now,
		logEvents:     desc("portal_log_events", "Events kept in the logs of all tenants."),
		logOldest:     desc("portal_log_oldest_event_timestamp_seconds", "When the oldest event that is kept was committed; absent when none is."),
		sendsWaiting:  desc("portal_sends_waiting", "Messages that the provider has neither taken nor refused."),
		sendsOldest:   desc("portal_sends_oldest_timestamp_seconds", "When the message that waits longest was written; absent when none waits."),
		reportsParked: desc("portal_reports_parked", "Delivery reports whose message isn't known yet."),
		queueWaiting:  desc("portal_queue_waiting", "Messages of a queue that no consumer was handed yet.", "queue"),
		queueDead:     desc("portal_queue_dead_letters", "Messages of a queue that can never be applied, until somebody republishes or discards them.", "queue"),
	})
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.logEvents, f.logOldest, f.sendsWaiting, f.sendsOldest, f.reportsParked, f.queueWaiting, f.queueDead} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (f *figures) Collect(ch chan<- prometheus.Metric) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked.IsZero() || f.now().Sub(f.asked).Abs() >= figuresAge {
		f.told = nil
		ctx, cancel := context.WithTimeout(context.Background(), figuresTime)
		f.askStore(ctx)
		f.askQueues(ctx)
		cancel()
		f.asked = f.now()
	}
	for _, metric := range f.told {
		ch <- metric
	}
}

func (f *figures) tell(d *prometheus.Desc, value float64, labels ...string) {
	f.told = append(f.told, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
}

func (f *figures) tellTime(d *prometheus.Desc, t time.Time) {
	if !t.IsZero() {
		f.tell(d, float64(t.UnixMilli())/1000)
	}
}

func (f *figures) askStore(ctx context.Context) {
	found, err := f.Store.Figures(ctx)
	if err != nil {
		return
	}
	f.tell(f.logEvents, float64(found.Events))
	f.tellTime(f.logOldest, found.OldestEvent)
	f.tell(f.sendsWaiting, float64(found.SendsWaiting))
	f.tellTime(f.sendsOldest, found.OldestSend)
	f.tell(f.reportsParked, float64(found.ParkedReports))
}

func (f *figures) askQueues(ctx context.Context) {
	for _, name := range f.Queues {
		if n, err := f.Queue.Waiting(ctx, name); err == nil {
			f.tell(f.queueWaiting, float64(n), name)
		}
		if n, err := f.Queue.DeadLetters().Count(ctx, name); err == nil {
			f.tell(f.queueDead, float64(n), name)
		}
	}
}
