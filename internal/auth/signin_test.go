package auth_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/stretchr/testify/require"
)

func TestSignIn(t *testing.T) {
	b := newBench(t)
	t.Run("AUTH-3 in any case", func(t *testing.T) {
		for _, email := range []string{"ann@acme.test", "ANN@Acme.TEST", "  ann@acme.test "} {
			tokens, err := b.SignIn(t.Context(), email, password, "192.0.2.1")
			require.NoError(t, err)
			require.Equal(t, "ann", tokens.User.ID)
			require.Equal(t, "acme", tokens.User.TenantID)
			require.Equal(t, start.Add(15*time.Minute), tokens.ExpiresAt)
			require.Equal(t, start.Add(720*time.Hour), tokens.RefreshExpiresAt)
		}
	})
	t.Run("AUTH-2 unknown email and wrong password are the same", func(t *testing.T) {
		var errs []error
		var work []uint64
		for _, email := range []string{"ann@acme.test", "nobody@acme.test", string(make([]byte, 10_000))} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := b.SignIn(t.Context(), email, "wrong password", "192.0.2.2")
			runtime.ReadMemStats(&after)
			require.Equal(t, portal.Unauthorized, code(err))
			require.NotContains(t, err.Error(), "wrong password", "AUTH-15")
			errs = append(errs, err)
			work = append(work, after.TotalAlloc-before.TotalAlloc)
		}
		require.Equal(t, errs[0].Error(), errs[1].Error())
		require.Equal(t, errs[0].Error(), errs[2].Error())
		for _, bytes := range work {
			require.Greater(t, bytes, uint64(19<<20), "the hash was computed")
		}
	})
	t.Run("AUTH-14 a database that is away is no wrong password", func(t *testing.T) {
		b.store.setAway(true)
		for range 12 {
			_, err := b.SignIn(t.Context(), "olga@globex.test", "wrong", "192.0.2.3")
			require.Equal(t, portal.Unavailable, code(err))
		}
		b.store.setAway(false)
		_, err := b.SignIn(t.Context(), "olga@globex.test", password, "192.0.2.3")
		require.NoError(t, err)
	})
}

func retryAfter(t *testing.T, err error) int {
	t.Helper()
	var e *portal.Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, portal.RateLimited, e.Code)
	seconds, ok := e.Data["retryAfter"].(int)
	require.True(t, ok)
	return seconds
}

func TestSignInLimits(t *testing.T) {
	t.Run("AUTH-4 failures of one email", func(t *testing.T) {
		b := newBench(t)
		for i := range 10 {
			b.signIn(t) // right ones don't count
			_, err := b.SignIn(t.Context(), "ann@acme.test", "wrong", fmt.Sprintf("192.0.2.%d", i))
			require.Equal(t, portal.Unauthorized, code(err))
		}
		for _, email := range []string{"ann@acme.test", "ANN@acme.test"} {
			_, err := b.SignIn(t.Context(), email, password, "192.0.2.99")
			require.Equal(t, 600, retryAfter(t, err))
		}
		_, err := b.SignIn(t.Context(), "olga@globex.test", password, "192.0.2.99")
		require.NoError(t, err, "another email")
		b.clock.add(10 * time.Minute)
		b.signIn(t)
	})
	t.Run("AUTH-4 attempts made at once", func(t *testing.T) {
		b := newBench(t)
		var failed, limited atomic.Int32
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				_, err := b.SignIn(t.Context(), "ann@acme.test", "wrong", fmt.Sprintf("192.0.2.%d", i))
				switch code(err) {
				case portal.Unauthorized:
					failed.Add(1)
				case portal.RateLimited:
					limited.Add(1)
				}
			})
		}
		all.Wait()
		require.Equal(t, []int32{10, 20}, []int32{failed.Load(), limited.Load()})
	})
	t.Run("AUTH-4 right ones made at once are all served", func(t *testing.T) {
		b := newBench(t)
		var served atomic.Int32
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				if _, err := b.SignIn(t.Context(), "ann@acme.test", password, "192.0.2.1"); err == nil {
					served.Add(1)
				}
			})
		}
		all.Wait()
		require.Equal(t, int32(12), served.Load())
	})
}
