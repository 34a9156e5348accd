package auth

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

func TestLimiterMemory(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLimiter(2, time.Minute, func() time.Time { return now })
	for i := range 3 * limiterKeys {
		now = now.Add(time.Microsecond)
		require.NoError(t, l.count(strconv.Itoa(i)))
	}
	require.LessOrEqual(t, len(l.keys), limiterKeys, "AUTH-6")
	t.Run("AUTH-6 what is under way isn't forgotten", func(t *testing.T) {
		settle, err := l.admit(t.Context(), "busy")
		require.NoError(t, err)
		for i := range 2 * limiterKeys {
			require.NoError(t, l.count("more"+strconv.Itoa(i)))
		}
		settle(true)
		require.Len(t, l.keys["busy"].counted, 1)
	})
	t.Run("AUTH-6 what was right leaves nothing behind", func(t *testing.T) {
		l := newLimiter(2, time.Minute, func() time.Time { return now })
		settle, err := l.admit(t.Context(), "x")
		require.NoError(t, err)
		settle(false)
		require.Empty(t, l.keys)
	})
}

func TestLimiterWindow(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLimiter(2, time.Minute, func() time.Time { return now })
	require.NoError(t, l.count("x"))
	now = now.Add(40 * time.Second)
	require.NoError(t, l.count("x"))
	err := l.count("x")
	require.Equal(t, portal.RateLimited, portal.CodeOf(err))
	require.Equal(t, 20, err.(*portal.Error).Data["retryAfter"], "AUTH-4")
	now = now.Add(20 * time.Second)
	require.NoError(t, l.count("x"), "AUTH-4 the window moves on")
	require.Error(t, l.count("x"))
	now = now.Add(-time.Hour)
	require.NoError(t, l.count("x"), "a clock that was set back locks nobody out")
}

// nobodyStore knows no users.
type nobodyStore struct{ store.Store }

func (nobodyStore) UserByEmail(context.Context, string) (portal.User, error) {
	return portal.User{}, portal.Errorf(portal.NotFound, "user not found")
}

func TestAddressLimit(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a, err := New(t.Context(), Config{Store: nobodyStore{}, Secret: make([]byte, MinSecret), Now: func() time.Time { return now }})
	require.NoError(t, err)
	for range 58 { // hashing for each would take long
		require.NoError(t, a.byAddr.count("192.0.2.1"))
	}
	signIn := func(addr string) portal.Code {
		_, err := a.SignIn(t.Context(), "nobody"+addr, "wrong", addr)
		return portal.CodeOf(err)
	}
	require.Equal(t, portal.Unauthorized, signIn("192.0.2.1:1"), "AUTH-5 59th")
	require.Equal(t, portal.Unauthorized, signIn("192.0.2.1:2"), "AUTH-5 60th")
	require.Equal(t, portal.RateLimited, signIn("192.0.2.1:3"), "AUTH-5 61st")
	require.Equal(t, portal.Unauthorized, signIn("[2001:db8::1]:3"), "AUTH-5 another address")
	now = now.Add(time.Minute)
	require.Equal(t, portal.Unauthorized, signIn("192.0.2.1:4"), "AUTH-5 a minute later")
}
