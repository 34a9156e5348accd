package ops_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/ops"
	"github.com/agentportal/portal/internal/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// surroundings are the database, the broker and the clock that a health page looks at.
type surroundings struct {
	mu      sync.Mutex
	away    error
	probe   func(context.Context) error // nil: it commits
	pings   int
	probes  int
	state   queue.State
	present time.Time
}

func (s *surroundings) Ping(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pings++
	return s.away
}
func (s *surroundings) Probe(ctx context.Context) error {
	s.mu.Lock()
	s.probes++
	probe := s.probe
	s.mu.Unlock()
	if probe == nil {
		return nil
	}
	return probe(ctx)
}
func (s *surroundings) State() queue.State { s.mu.Lock(); defer s.mu.Unlock(); return s.state }
func (s *surroundings) now() time.Time     { s.mu.Lock(); defer s.mu.Unlock(); return s.present }

func (s *surroundings) change(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

func consuming(in, status bool) queue.State {
	return queue.State{Connected: true, Declared: true, Consuming: map[string]bool{"in": in, "status": status}}
}

func newHealth() (*surroundings, *ops.Health) {
	s := &surroundings{present: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	return s, ops.NewHealth(ops.HealthConfig{Database: s, Broker: s, Queues: []string{"in", "status"}, Now: s.now})
}

// runs is a health that looks by itself, by the bubble's clock, until stop.
func runs(t *testing.T, s *surroundings) (h *ops.Health, stop func()) {
	h = ops.NewHealth(ops.HealthConfig{Database: s, Broker: s, Queues: []string{"in", "status"}})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error)
	go func() { ran <- h.Run(ctx) }()
	return h, func() { cancel(); require.NoError(t, <-ran) }
}

// later changes something, and lets what was seen before count no more.
func (s *surroundings) later(fn func()) {
	s.change(func() { fn(); s.present = s.present.Add(time.Second) })
}

// full is a disk that takes nothing more.
func full(context.Context) error {
	return &portal.Error{Code: portal.Unavailable, Message: "the disk is full", Err: errors.New("/secret/path")}
}

func ready(t *testing.T, h *ops.Health) (int, ops.Readiness) {
	t.Helper()
	w := httptest.NewRecorder()
	h.Ready(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	var r ops.Readiness
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &r))
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, w.Code != http.StatusOK, w.Header().Get("Retry-After") != "")
	return w.Code, r
}

func TestLive(t *testing.T) {
	t.Run("OPS-1 healthz asks nobody", func(t *testing.T) {
		s, h := newHealth()
		s.away = errors.New("gone")
		w := httptest.NewRecorder()
		h.Live(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		require.Equal(t, http.StatusOK, w.Code)
		require.JSONEq(t, `{"status":"ok"}`, w.Body.String())
	})
}

func TestReady(t *testing.T) {
	t.Run("OPS-2 ready once every queue exists and is consumed", func(t *testing.T) {
		s, h := newHealth()
		for _, state := range []queue.State{
			{},
			{Connected: true},
			{Connected: true, Declared: true},
			consuming(false, false),
			consuming(true, false),
		} {
			s.change(func() { s.state = state })
			status, r := ready(t, h)
			require.Equal(t, http.StatusServiceUnavailable, status)
			require.Equal(t, "the queues aren't consumed yet", r.Reason)
		}
		s.change(func() { s.state = consuming(true, true) })
		status, r := ready(t, h)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, map[string]ops.State{"in": ops.Consuming, "status": ops.Consuming}, r.Queues)
	})
	t.Run("OPS-2 also where another node is the consumer", func(t *testing.T) {
		s, h := newHealth()
		s.change(func() { s.state = consuming(false, true) })
		status, _ := ready(t, h)
		require.Equal(t, http.StatusServiceUnavailable, status)
		s.change(func() { s.present = s.present.Add(3 * time.Second) })
		status, r := ready(t, h)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, ops.Waiting, r.Queues["in"])
	})
	t.Run("OPS-3 the broker alone doesn't make it unready after start; the body tells", func(t *testing.T) {
		s, h := newHealth()
		s.change(func() { s.state = consuming(true, true) })
		ready(t, h)
		s.change(func() {
			s.state = queue.State{Since: s.present, Err: "amqp://user:hush@host refused"}
		})
		status, r := ready(t, h)
		require.Equal(t, http.StatusOK, status)
		require.False(t, r.Broker.Connected)
		require.Equal(t, s.present, r.Broker.Since)
	})
	t.Run("OPS-3 also where nobody asked before it went", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &surroundings{state: consuming(true, false)}
			h, stop := runs(t, s)
			time.Sleep(time.Second)
			s.change(func() { s.state = consuming(true, true) })
			time.Sleep(time.Second)
			s.change(func() { s.state = queue.State{} })
			status, _ := ready(t, h)
			require.Equal(t, http.StatusOK, status)
			stop()
		})
	})
	t.Run("OPS-3 the body shows no addresses", func(t *testing.T) {
		s, h := newHealth()
		s.state.Err = "amqp://user:hush@host refused"
		w := httptest.NewRecorder()
		h.Ready(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		require.NotContains(t, w.Body.String(), "hush")
	})
	t.Run("OPS-4 unready while the database is away", func(t *testing.T) {
		s, h := newHealth()
		s.change(func() { s.state = consuming(true, true) })
		ready(t, h)
		s.later(func() { s.away = errors.New("gone") })
		status, r := ready(t, h)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, ops.DatabaseState{}, r.Database)
		require.Equal(t, "the database is away", r.Reason)
		s.later(func() { s.away = nil })
		status, _ = ready(t, h)
		require.Equal(t, http.StatusOK, status)
	})
	t.Run("OPS-28 unready while it answers but nothing can be committed, and says why", func(t *testing.T) {
		s, h := newHealth()
		s.change(func() { s.state, s.probe = consuming(true, true), full })
		status, r := ready(t, h)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, ops.DatabaseState{Connected: true}, r.Database)
		require.Equal(t, "nothing can be committed: the disk is full", r.Reason)
		require.Error(t, h.Serving())
		require.Error(t, h.Trouble())
		s.later(func() { s.probe = func(context.Context) error { return errors.New("/secret/path") } })
		_, r = ready(t, h)
		require.Equal(t, "nothing can be committed", r.Reason, "what the store has no words for isn't shown")
		s.later(func() { s.probe = nil })
		status, r = ready(t, h)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, ops.DatabaseState{Connected: true, Writable: true}, r.Database)
		require.NoError(t, h.Serving())
		require.NoError(t, h.Trouble())
	})
	t.Run("OPS-28 a database that holds a change up isn't given more, and heals", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &surroundings{state: consuming(true, true)}
			release := make(chan struct{})
			s.probe = func(context.Context) error { <-release; return nil }
			h, stop := runs(t, s)
			for range 5 {
				status, r := ready(t, h)
				require.Equal(t, http.StatusServiceUnavailable, status)
				require.Equal(t, "nothing can be committed: the database doesn't commit in time", r.Reason)
				time.Sleep(time.Second)
			}
			require.Equal(t, 1, s.probes)
			close(release)
			time.Sleep(4 * time.Second)
			synctest.Wait()
			require.NoError(t, h.Trouble(), "without a question")
			stop()
		})
	})
	t.Run("OPS-28 it is noticed without a question, at once where a change has failed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &surroundings{state: consuming(true, true)}
			h, stop := runs(t, s)
			time.Sleep(time.Second)
			s.change(func() { s.probe = full })
			time.Sleep(5 * time.Second)
			synctest.Wait() // both have slept until the same instant
			require.Error(t, h.Trouble())
			s.change(func() { s.probe = nil })
			time.Sleep(time.Second)
			synctest.Wait()
			require.NoError(t, h.Trouble())
			s.change(func() { s.probe = full })
			time.Sleep(time.Second)
			h.Suspect()
			synctest.Wait()
			require.Error(t, h.Trouble())
			stop()
		})
	})
	t.Run("OPS-5 unready while draining", func(t *testing.T) {
		s, h := newHealth()
		s.change(func() { s.state = consuming(true, true) })
		ready(t, h)
		h.Drain()
		status, r := ready(t, h)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.True(t, r.Draining)
	})
}

func TestServing(t *testing.T) {
	t.Run("OPS-9 not while the database is away or draining, and a herd looks once", func(t *testing.T) {
		s, h := newHealth()
		var herd sync.WaitGroup
		for range 200 {
			herd.Go(func() { require.NoError(t, h.Serving()) })
		}
		herd.Wait()
		require.Equal(t, 1, s.pings)
		s.change(func() { s.away = errors.New("gone"); s.present = s.present.Add(time.Second) })
		require.Error(t, h.Serving())
		s.change(func() { s.away = nil; s.present = s.present.Add(time.Second) })
		require.NoError(t, h.Serving())
		h.Drain()
		require.Error(t, h.Serving())
	})
}

func TestMetrics(t *testing.T) {
	s, h := newHealth()
	m := ops.NewMetrics("1.2.3")
	m.Watch(h)
	m.Gauge("portal_sockets", "Connected sockets.", func() float64 { return 7 })
	m.Counter("portal_recovered_total", "Recovered sockets.", func() float64 { return 3 })
	m.CounterBy("portal_ended_total", "Ended sockets.", "reason", func() map[string]int64 { return map[string]int64{"slow": 2} })
	m.Call(http.MethodGet, "/api/me", 200, 10*time.Millisecond)
	m.Call("BREW", "", 404, time.Millisecond)
	m.Applied("in", 5)
	m.Dead("in")
	m.Retried("status")
	m.UnknownStatus()
	m.Sent("accepted", time.Second)
	read := func() string {
		w := httptest.NewRecorder()
		m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		require.Equal(t, http.StatusOK, w.Code)
		b, err := io.ReadAll(w.Body)
		require.NoError(t, err)
		return string(b)
	}
	t.Run("OPS-6 metrics count what happens, on a registry of their own", func(t *testing.T) {
		text := read()
		for _, line := range []string{
			`portal_build_info{version="1.2.3"} 1`,
			`portal_http_request_duration_seconds_count{method="GET",route="/api/me",status="200"} 1`,
			`portal_deliveries_applied_total{queue="in"} 5`,
			`portal_deliveries_dead_total{queue="in"} 1`,
			`portal_deliveries_retried_total{queue="status"} 1`,
			`portal_reports_unknown_status_total 1`,
			`portal_sends_total{outcome="accepted"} 1`,
			`portal_sockets 7`,
			`portal_recovered_total 3`,
			`portal_ended_total{reason="slow"} 2`,
			`go_goroutines`,
		} {
			require.Contains(t, text, line)
		}
		require.NotPanics(t, func() { ops.NewMetrics("again") })
	})
	t.Run("OPS-7 what strangers write becomes no label", func(t *testing.T) {
		require.Contains(t, read(), `portal_http_request_duration_seconds_count{method="",route="unknown",status="404"} 1`)
		require.NotContains(t, read(), "BREW")
	})
	t.Run("OPS-8 the broker's state is told", func(t *testing.T) {
		require.Contains(t, read(), "portal_broker_connected 0")
		s.change(func() { s.state = consuming(true, false) })
		require.Contains(t, read(), "portal_broker_connected 1")
		require.Contains(t, read(), `portal_queue_consumed{queue="in"} 1`)
		require.Contains(t, read(), `portal_queue_consumed{queue="status"} 0`)
		require.Contains(t, read(), "portal_draining 0")
	})
}
