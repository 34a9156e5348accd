package live_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/live"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
)

// counted counts what is asked of the store.
type counted struct {
	*sqlite.Store
	views, rows atomic.Int64
}

func (c *counted) View(ctx context.Context, tenantID string, fn func(store.ReadTx) error) error {
	c.views.Add(1)
	return c.Store.View(ctx, tenantID, fn)
}

func (c *counted) Recovery(ctx context.Context, pid string) (store.RecoverySession, error) {
	c.rows.Add(1)
	return c.Store.Recovery(ctx, pid)
}

func (c *counted) TakeRecovery(ctx context.Context, pid, node string, at time.Time) (store.RecoverySession, error) {
	c.rows.Add(1)
	return c.Store.TakeRecovery(ctx, pid, node, at)
}

func TestHerd(t *testing.T) {
	const herd, missed = 2_000, 30
	c := &counted{}
	b := newBenchWith(t, func(config *live.Config) {
		c.Store = config.Store.(*sqlite.Store)
		config.Store, config.MaxMissed = c, 0
		config.Socket.Engine.PingTimeout = time.Hour   // the agents don't read on
		config.Relay.Window, config.Relay.Page = 16, 8 // a replay reads the log
	})
	id := b.receive("acme", "4915")
	people := []string{b.signIn("ann@acme.test").Access, b.signIn("ben@acme.test").Access}

	t.Run("LIVE-30 a herd that returns after a restart recovers, and shares the reading of the log", func(t *testing.T) {
		agents := make([]*agent, herd)
		sessions := make(map[string]store.RecoverySession, len(people))
		for _, token := range people {
			a := newAgent(b, "websocket", token)
			a.mustConnect()
			session, err := b.db.Recovery(t.Context(), a.pid)
			require.NoError(t, err)
			sessions[token] = session
			a.hangUp()
		}
		start := b.head("acme")
		for i := range agents {
			a := newAgent(b, "websocket", people[i%len(people)])
			s := sessions[a.token]
			s.PID, s.SID = fmt.Sprintf("pid-of-the-herd-%04d", i), fmt.Sprintf("sid-of-the-herd-%04d", i)
			s.Rooms = map[string]int64{id: start}
			a.pid = s.PID
			require.NoError(t, b.db.PutRecovery(t.Context(), s))
			agents[i] = a
		}
		b.flood(id, missed)
		require.NoError(t, b.live.Close()) // the restart
		b.start()
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		idle := runtime.NumGoroutine()
		c.views.Store(0)
		c.rows.Store(0)

		began := time.Now()
		var refusals atomic.Int64
		var returning sync.WaitGroup
		for _, a := range agents {
			returning.Go(func() {
				for a.connect(-1, -1) != nil && time.Since(began) < 6*patience {
					refusals.Add(1)
				}
			})
		}
		returning.Wait()
		took := time.Since(began)
		views := c.views.Load() // the tests' own come below
		for _, a := range agents {
			require.Zero(t, a.refused)
			require.Equal(t, 1, a.readies)
			require.True(t, slices.Equal(from(start, start+missed), seqs(a.heard)), "%v", seqs(a.heard))
		}
		// The ends of the log, so many times a second; its five pages, and the relay's own readings.
		require.Less(t, views, 100+int64(took/(10*time.Millisecond)), "readings of the log in %v", took)
		require.LessOrEqual(t, c.rows.Load(), 2*(herd+refusals.Load()), "a session is read and taken")
		require.Equal(t, herd, b.live.Stats().Sockets)
		require.Less(t, runtime.NumGoroutine()-idle, 5*herd)
		var after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&after)
		perClient := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / herd
		require.Less(t, perClient, int64(128<<10), "bytes for a client, both ends")
		t.Logf("%d clients in %v: %d readings of the log, %d of sessions, %d refusals, %d goroutines, %d KiB a client",
			herd, took, views, c.rows.Load(), refusals.Load(), runtime.NumGoroutine()-idle, perClient>>10)
		for _, a := range agents {
			a.hangUp()
		}
	})
}
