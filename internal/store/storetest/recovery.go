package storetest

import (
	"sync"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var recoveryCases = []testCase{
	{"STORE-37 a socket's session comes back as it was put", recoveryRoundTrip},
	{"STORE-38 each that takes it over gets a generation of its own", takenOver},
	{"STORE-38 only the newest generation changes it", newestGeneration},
	{"STORE-39 it is forgotten alone or with its sign-in", forgotten},
}

func (b *bench) socket(pid string) store.RecoverySession {
	b.t.Helper()
	r := store.RecoverySession{PID: pid, SID: "sid of " + pid, TenantID: "acme", UserID: "ann", AuthSessionID: "auth", Start: 7,
		Rooms: map[string]int64{"c1": 3, odd: 1 << 50}, Generation: 1, Node: "n1", Confirmed: 9, UpdatedAt: start.Std()}
	b.ok(b.s.PutRecovery(b.ctx, r))
	return r
}

func (b *bench) recovery(pid string) store.RecoverySession {
	b.t.Helper()
	r, err := b.s.Recovery(b.ctx, pid)
	b.ok(err)
	return r
}

func recoveryRoundTrip(b *bench) {
	r := b.socket("p1")
	b.socket("p2")
	require.Equal(b.t, r, b.recovery("p1"))
	r.Rooms, r.Generation, r.SID = map[string]int64{}, 5, "other"
	b.ok(b.s.PutRecovery(b.ctx, r))
	require.Equal(b.t, r, b.recovery("p1"))
	_, err := b.s.Recovery(b.ctx, "none")
	b.code(portal.NotFound, err)
}

func takenOver(b *bench) {
	r := b.socket("p1")
	at := start.Std().Add(time.Minute)
	got, err := b.s.TakeRecovery(b.ctx, "p1", "n2", at)
	b.ok(err)
	r.Generation, r.Node, r.UpdatedAt = 2, "n2", at
	require.Equal(b.t, r, got)
	require.Equal(b.t, r, b.recovery("p1"))
	var mu sync.Mutex
	generations := map[int64]bool{}
	together(6, func(int) {
		r, err := b.s.TakeRecovery(b.ctx, "p1", "n", at)
		if err != nil {
			b.t.Error(err)
		}
		mu.Lock()
		generations[r.Generation] = true
		mu.Unlock()
	})
	require.Len(b.t, generations, 6)
	_, err = b.s.TakeRecovery(b.ctx, "none", "n2", at)
	b.code(portal.NotFound, err)
	b.socket("p2")
	all, err := b.s.Generations(b.ctx, []string{"p1", "none", "p2"})
	b.ok(err)
	require.Equal(b.t, map[string]int64{"p1": 8, "p2": 1}, all)
	all, err = b.s.Generations(b.ctx, nil)
	b.ok(err)
	require.Empty(b.t, all)
}

func newestGeneration(b *bench) {
	r := b.socket("p1")
	at := start.Std().Add(time.Minute)
	r.Rooms, r.UpdatedAt = map[string]int64{"c9": 9}, at
	b.ok(b.s.SetRecoveryRooms(b.ctx, "p1", 1, r.Rooms, at))
	b.ok(b.s.ConfirmRecovery(b.ctx, "p1", 1, 12, at))
	r.Confirmed = 12
	require.Equal(b.t, r, b.recovery("p1"))
	for _, wrong := range []int64{0, 2} {
		b.code(portal.Conflict, b.s.SetRecoveryRooms(b.ctx, "p1", wrong, nil, at.Add(time.Hour)))
		b.code(portal.Conflict, b.s.ConfirmRecovery(b.ctx, "p1", wrong, 99, at.Add(time.Hour)))
	}
	require.Equal(b.t, r, b.recovery("p1"))
	b.code(portal.NotFound, b.s.SetRecoveryRooms(b.ctx, "none", 1, nil, at))
	b.code(portal.NotFound, b.s.ConfirmRecovery(b.ctx, "none", 1, 1, at))
}

func forgotten(b *bench) {
	b.socket("p1")
	b.socket("p2")
	other := b.socket("p3")
	other.AuthSessionID = "other"
	b.ok(b.s.PutRecovery(b.ctx, other))
	b.ok(b.s.DeleteRecovery(b.ctx, "p1"))
	b.ok(b.s.DeleteRecovery(b.ctx, "p1"))
	b.ok(b.s.DeleteRecoveryOfAuth(b.ctx, "auth"))
	all, err := b.s.Generations(b.ctx, []string{"p1", "p2", "p3"})
	b.ok(err)
	require.Equal(b.t, map[string]int64{"p3": 1}, all)
}
