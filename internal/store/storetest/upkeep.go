package storetest

import (
	"context"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var upkeepCases = []testCase{
	{"STORE-43 heads are every tenant's newest seq", heads},
	{"STORE-49 the figures are those of all tenants", figures},
	{"STORE-50 a probe commits, and changes nothing that is read", probe},
	{"STORE-44 what has ended is deleted, what lives stays", expired},
}

func heads(b *bench) {
	b.ok(b.s.PutTenant(b.ctx, portal.Tenant{ID: "empty"}))
	m := b.acme.message("c1", "m3", portal.Inbound, nil)
	got, err := b.s.Heads(b.ctx)
	b.ok(err)
	require.Equal(b.t, map[string]int64{"acme": m.Seq, "globex": m.Seq - 1, "empty": 0}, got)
}

func figures(b *bench) {
	b.trimmed = true
	before, err := b.s.Figures(b.ctx)
	b.ok(err)
	require.Equal(b.t, store.Figures{Events: b.acme.last() + b.other.last(), OldestEvent: before.OldestEvent, ParkedReports: 2}, before)
	require.WithinDuration(b.t, start.Std(), before.OldestEvent, time.Minute)
	b.queue("joe", "c1", "s1")
	queued := b.acme.now
	b.queue("joe", "c1", "s2")
	b.park(b.acme.now, store.Report{WAMID: "unknown", Status: portal.StatusRead, At: start, Queue: "q", Body: []byte("{}")})
	now, err := b.s.Figures(b.ctx)
	b.ok(err)
	require.Equal(b.t, store.Figures{Events: before.Events + 2, OldestEvent: before.OldestEvent, SendsWaiting: 2, OldestSend: queued.Std(), ParkedReports: 3}, now)

	_, err = b.s.TrimEvents(b.ctx, after(start, time.Hour).Std(), 1000)
	b.ok(err)
	now, err = b.s.Figures(b.ctx)
	b.ok(err)
	require.Zero(b.t, now.Events)
	require.True(b.t, now.OldestEvent.IsZero())
}

func probe(b *bench) {
	before := b.dump(b.acme)
	b.ok(b.s.Probe(b.ctx))
	b.ok(b.s.Probe(b.ctx))
	require.Equal(b.t, before, b.dump(b.acme))
	done, cancel := context.WithCancel(b.ctx)
	cancel()
	b.code(portal.Unavailable, b.s.Probe(done))
}

func expired(b *bench) {
	b.signIn("ended") // an hour long
	b.signIn("ended, too")
	alive := b.signIn("alive")
	now := start.Std().Add(time.Hour)
	b.ok(b.s.RotateRefresh(b.ctx, "alive", alive.RefreshHash, []byte("x"), now, now.Add(time.Millisecond)))
	b.socket("old")
	fresh := b.socket("fresh")
	fresh.UpdatedAt = start.Std().Add(time.Minute)
	b.ok(b.s.PutRecovery(b.ctx, fresh))
	expire := func(limit, want int) {
		n, err := b.s.DeleteExpired(b.ctx, now, start.Std().Add(time.Minute), limit)
		b.ok(err)
		require.Equal(b.t, want, n)
	}
	expire(1, 1)
	expire(10, 2)
	expire(10, 0)
	for _, id := range []string{"ended", "ended, too"} {
		_, err := b.s.AuthSession(b.ctx, id)
		b.code(portal.NotFound, err)
	}
	b.authSession("alive")
	_, err := b.s.Recovery(b.ctx, "old")
	b.code(portal.NotFound, err)
	b.recovery("fresh")
}
