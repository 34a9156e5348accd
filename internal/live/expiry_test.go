package live_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/live"
)

func TestExpiry(t *testing.T) {
	b := newBench(t)
	tokens := b.signIn("ann@acme.test")
	t.Run("LIVE-20 only the same user's token extends", func(t *testing.T) {
		p := b.online(tokens.Access)
		a, _ := p.call("auth:refresh", map[string]any{"token": b.signIn("ben@acme.test").Access})
		require.Equal(t, "forbidden", a.Error.Code)
		a, _ = p.call("auth:refresh", map[string]any{"token": b.signIn("ann@acme.test").Access})
		require.True(t, a.OK, a.Error.Message)
	})
	t.Run("LIVE-22 the end of a token is a DISCONNECT, and a fresh one recovers", func(t *testing.T) {
		over := b.signIn("ann@acme.test").Access
		b.ends.Store(over, time.Now().Add(-time.Second))
		p, _ := dial(t, b.url)
		require.Contains(t, p.connect(map[string]any{"token": over}), `"token_expired"`)

		mine := b.signIn("ann@acme.test")
		b.ends.Store(mine.Access, time.Now().Add(4*time.Second))
		p = b.online(mine.Access)
		require.Equal(t, "1", p.event().Packet)
		b.receive("acme", "4915")
		b.ends.Delete(mine.Access) // as a fresh token of the same sign-in
		_, recovered, events := b.again(p, mine.Access)
		require.True(t, recovered)
		require.Equal(t, []string{"conversation:new", "session:ready"}, names(events))
	})
	t.Run("LIVE-23 a refresh extends and never shortens", func(t *testing.T) {
		long := time.Now().Add(time.Hour).UTC()
		p := b.online(tokens.Access)
		for _, r := range []struct{ end, want time.Time }{
			{long, long},
			{time.Now().Add(time.Minute), long},
			{long.Add(time.Minute), long.Add(time.Minute)},
		} {
			token := b.signIn("ann@acme.test").Access
			b.ends.Store(token, r.end)
			a, _ := p.call("auth:refresh", map[string]any{"token": token})
			require.True(t, a.OK, a.Error.Message)
			require.WithinDuration(t, r.want, a.ExpiresAt, time.Millisecond)
		}
	})
}

func TestClockJump(t *testing.T) {
	var jump atomic.Int64
	b := newBenchWith(t, func(c *live.Config) { c.Now = func() time.Time { return time.Now().Add(time.Duration(jump.Load())) } })
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- b.live.Run(ctx) }()
	t.Run("LIVE-42 a token whose end the clock jumps over ends its socket soon; the others live, and a fresh token recovers", func(t *testing.T) {
		mine, longer := b.signIn("ann@acme.test"), b.signIn("ben@acme.test")
		b.ends.Store(mine.Access, time.Now().Add(time.Hour))
		b.ends.Store(longer.Access, time.Now().Add(3*time.Hour))
		p, other := b.online(mine.Access), b.online(longer.Access)
		jump.Store(int64(-2 * time.Hour)) // back: nobody is ended
		a, _ := p.call("session:ping", nil)
		require.True(t, a.OK)
		jump.Store(int64(2 * time.Hour))
		require.Equal(t, "1", p.event().Packet)
		a, _ = other.call("session:ping", nil)
		require.True(t, a.OK)
		b.receive("acme", "4915")
		b.ends.Store(mine.Access, time.Now().Add(3*time.Hour)) // as a fresh token of the same sign-in
		_, recovered, events := b.again(p, mine.Access)
		require.True(t, recovered)
		require.Equal(t, []string{"conversation:new", "session:ready"}, names(events))
	})
	stop()
	require.NoError(t, <-ran)
}

func TestUnavailable(t *testing.T) {
	b := newBench(t)
	ann := b.signIn("ann@acme.test")
	t.Run("LIVE-3 what can't be served is answered 503 and recovers later", func(t *testing.T) {
		p := b.online(ann.Access)
		p.drop()
		b.receive("acme", "4915")
		b.unready.Store(true)
		_, status := dial(t, b.url)
		require.Equal(t, http.StatusServiceUnavailable, status)
		b.unready.Store(false)
		_, recovered, events := b.again(p, ann.Access)
		require.True(t, recovered)
		require.Equal(t, []string{"conversation:new", "session:ready"}, names(events))
	})
}
