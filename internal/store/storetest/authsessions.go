package storetest

import (
	"sync/atomic"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var authCases = []testCase{
	{"STORE-34 a sign-in is found by id and by both its tokens", authFound},
	{"STORE-35 of two rotations of one token one wins", rotateOnce},
	{"STORE-36 signing out is kept, and listed", revoked},
	{"STORE-48 a user is signed out everywhere, or everywhere else", revokedOf},
}

func (b *bench) signIn(id string) store.AuthSession {
	b.t.Helper()
	a := store.AuthSession{ID: id, TenantID: "acme", UserID: "ann", RefreshHash: []byte("\x00hash of " + id),
		CreatedAt: start.Std(), ExpiresAt: start.Std().Add(time.Hour)}
	b.ok(b.s.CreateAuthSession(b.ctx, a))
	return a
}

func (b *bench) authSession(id string) store.AuthSession {
	b.t.Helper()
	a, err := b.s.AuthSession(b.ctx, id)
	b.ok(err)
	return a
}

func authFound(b *bench) {
	a := b.signIn("a1")
	b.signIn("a2")
	require.Equal(b.t, a, b.authSession("a1"))
	_, err := b.s.AuthSession(b.ctx, "none")
	b.code(portal.NotFound, err)
	until, expires := start.Std().Add(time.Minute), start.Std().Add(2*time.Hour)
	b.ok(b.s.RotateRefresh(b.ctx, "a1", a.RefreshHash, []byte("next"), until, expires))
	a.PreviousHash, a.RefreshHash, a.PreviousUntil, a.ExpiresAt = a.RefreshHash, []byte("next"), until, expires
	for _, hash := range [][]byte{a.RefreshHash, a.PreviousHash} {
		got, err := b.s.AuthSessionByRefresh(b.ctx, hash)
		b.ok(err)
		require.Equal(b.t, a, got)
	}
	_, err = b.s.AuthSessionByRefresh(b.ctx, []byte("none"))
	b.code(portal.NotFound, err)
	b.code(portal.NotFound, b.s.RotateRefresh(b.ctx, "none", nil, []byte("x"), until, expires))
}

func rotateOnce(b *bench) {
	a := b.signIn("a1")
	var won, lost atomic.Int32
	together(5, func(i int) {
		err := b.s.RotateRefresh(b.ctx, "a1", a.RefreshHash, []byte{byte(i)}, start.Std(), start.Std())
		switch portal.CodeOf(err) {
		case "":
			won.Add(1)
		case portal.Conflict:
			lost.Add(1)
		default:
			b.t.Error(err)
		}
	})
	require.EqualValues(b.t, 1, won.Load())
	require.EqualValues(b.t, 4, lost.Load())
}

func revoked(b *bench) {
	b.signIn("a1")
	b.signIn("a2")
	b.signIn("a3")
	at := start.Std().Add(time.Minute)
	b.ok(b.s.RevokeAuthSession(b.ctx, "a1", at))
	b.ok(b.s.RevokeAuthSession(b.ctx, "a2", at.Add(time.Second)))
	b.ok(b.s.RevokeAuthSession(b.ctx, "a1", at.Add(time.Hour)))
	require.Equal(b.t, at, b.authSession("a1").RevokedAt, "the first time stands")
	require.Zero(b.t, b.authSession("a3").RevokedAt)
	b.code(portal.NotFound, b.s.RevokeAuthSession(b.ctx, "none", at))
	for since, want := range map[time.Time][]string{at: {"a1", "a2"}, at.Add(999 * time.Microsecond): {"a1", "a2"}, at.Add(time.Millisecond): {"a2"}, at.Add(time.Minute): nil} {
		list, err := b.s.RevokedSince(b.ctx, since)
		b.ok(err)
		require.Equal(b.t, want, list)
	}
}

func revokedOf(b *bench) {
	for _, a := range []store.AuthSession{
		{ID: "a1", TenantID: "acme", UserID: "ann"}, {ID: "a2", TenantID: "acme", UserID: "ann"}, {ID: "a3", TenantID: "acme", UserID: "ann"},
		{ID: "b1", TenantID: "acme", UserID: "ben"}, {ID: "o1", TenantID: "globex", UserID: "ann"},
	} {
		a.RefreshHash, a.CreatedAt, a.ExpiresAt = []byte("hash of "+a.ID), start.Std(), start.Std().Add(time.Hour)
		b.ok(b.s.CreateAuthSession(b.ctx, a))
	}
	earlier, at := start.Std().Add(time.Minute), portal.At(start.Std().Add(time.Hour))
	b.ok(b.s.RevokeAuthSession(b.ctx, "a1", earlier))
	for _, except := range []string{"a3", ""} {
		b.ok(b.s.Update(b.ctx, "acme", func(tx store.Tx) error { return tx.RevokeSessionsOf(b.ctx, "ann", except, at) }))
		require.Equal(b.t, earlier, b.authSession("a1").RevokedAt, "what has ended keeps its time")
		require.Equal(b.t, at.Std(), b.authSession("a2").RevokedAt)
		require.Equal(b.t, except == "", !b.authSession("a3").RevokedAt.IsZero())
		require.Zero(b.t, b.authSession("b1").RevokedAt)
		require.Zero(b.t, b.authSession("o1").RevokedAt, "another tenant's")
	}
}
