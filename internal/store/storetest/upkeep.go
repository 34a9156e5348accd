package storetest

import (
	"time"

	"github.com/agentportal/portal"
	"github.com/stretchr/testify/require"
)

var upkeepCases = []testCase{
	{"STORE-43 heads are every tenant's newest seq", heads},
	{"STORE-44 what has ended is deleted, what lives stays", expired},
}

func heads(b *bench) {
	b.ok(b.s.PutTenant(b.ctx, portal.Tenant{ID: "empty"}))
	m := b.acme.message("c1", "m3", portal.Inbound, nil)
	got, err := b.s.Heads(b.ctx)
	b.ok(err)
	require.Equal(b.t, map[string]int64{"acme": m.Seq, "globex": m.Seq - 1, "empty": 0}, got)
}

func expired(b *bench) {
	b.signIn("ended") // an hour long
	alive := b.signIn("alive")
	now := start.Std().Add(time.Hour)
	b.ok(b.s.RotateRefresh(b.ctx, "alive", alive.RefreshHash, []byte("x"), now, now.Add(time.Millisecond)))
	b.socket("old")
	fresh := b.socket("fresh")
	fresh.UpdatedAt = start.Std().Add(time.Minute)
	b.ok(b.s.PutRecovery(b.ctx, fresh))
	b.ok(b.s.DeleteExpired(b.ctx, now, start.Std().Add(time.Minute)))
	_, err := b.s.AuthSession(b.ctx, "ended")
	b.code(portal.NotFound, err)
	b.authSession("alive")
	_, err = b.s.Recovery(b.ctx, "old")
	b.code(portal.NotFound, err)
	b.recovery("fresh")
}
