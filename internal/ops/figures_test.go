package ops_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/ops"
	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/store"
)

// books are the figures of a store and a queue.
type books struct {
	queue.Queue
	store.Figures
	away  error
	asked int
}

func (b *books) DeadLetters() queue.DeadLetters { return letters{books: b} }

type letters struct {
	queue.DeadLetters
	books *books
}

func (l letters) Count(_ context.Context, name string) (int, error) { return len(name), l.books.away }

func (b *books) Waiting(_ context.Context, name string) (int, error) { return 10 * len(name), b.away }

type ledger struct{ *books }

func (l ledger) Figures(context.Context) (store.Figures, error) {
	l.asked++
	return l.books.Figures, l.away
}

func read(m *ops.Metrics) string {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

func TestFigures(t *testing.T) {
	t.Run("OPS-29 what waits is told, left out while it can't be, and asked for once a second", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := &books{Figures: store.Figures{Events: 7, OldestEvent: time.UnixMilli(1_500), SendsWaiting: 2, ParkedReports: 3}}
			m := ops.NewMetrics("1")
			m.Figures(ops.FiguresConfig{Store: ledger{b}, Queue: b, Queues: []string{"in"}})
			for range 10 {
				text := read(m)
				for _, line := range []string{"portal_log_events 7", "portal_log_oldest_event_timestamp_seconds 1.5", "portal_sends_waiting 2",
					"portal_reports_parked 3", `portal_queue_waiting{queue="in"} 20`, `portal_queue_dead_letters{queue="in"} 2`} {
					require.Contains(t, text, line)
				}
				require.NotContains(t, text, "portal_sends_oldest_timestamp_seconds", "none waits")
			}
			require.Equal(t, 1, b.asked)
			time.Sleep(time.Second)
			b.away = errors.New("away")
			text := read(m)
			require.NotContains(t, text, "portal_log_events")
			require.NotContains(t, text, "portal_queue_")
			require.Contains(t, text, "portal_build_info")
		})
	})
}

// changing is a store whose changes end as they are told to.
type changing struct {
	store.Store
	end error
}

func (c *changing) Update(context.Context, string, func(store.Tx) error) error { return c.end }

func TestWatchStore(t *testing.T) {
	t.Run("OPS-29 commits are timed, failures counted, and a failure has the database looked at", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &surroundings{state: consuming(true, true)}
			h, stop := runs(t, s)
			m := ops.NewMetrics("1")
			m.Watch(h)
			c := &changing{}
			w := ops.WatchStore(c, m, h)
			change := func(end error) {
				c.end = end
				require.Equal(t, end, w.Update(t.Context(), "acme", nil))
			}
			time.Sleep(time.Second)
			change(nil)
			change(portal.Errorf(portal.Conflict, "closed")) // no fault of the database's
			text := read(m)
			require.Contains(t, text, "portal_database_commit_duration_seconds_count 1")
			require.Contains(t, text, "portal_database_commit_failures_total 0")
			require.Contains(t, text, "portal_database_connected 1")
			require.Contains(t, text, "portal_database_writable 1")
			s.change(func() { s.probe = full })
			change(portal.Errorf(portal.Unavailable, "the disk is full"))
			synctest.Wait()
			text = read(m)
			require.Contains(t, text, "portal_database_commit_failures_total 1")
			require.Contains(t, text, "portal_database_connected 1")
			require.Contains(t, text, "portal_database_writable 0")
			stop()
		})
	})
}
