package postgres

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

func TestLeases(t *testing.T) {
	url := newSchema(t)
	through, cuttable := newProxy(t, url)
	serving := func(url string) *Store {
		s, err := Open(t.Context(), Config{URL: url, Serve: true})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		require.NoError(t, s.Migrate(t.Context()))
		return s
	}
	claim := func(s *Store, at portal.Time) (ids []string) {
		sends, err := s.ClaimSends(t.Context(), at.Std(), time.Minute, 10)
		require.NoError(t, err)
		for _, send := range sends {
			ids = append(ids, send.MessageID)
		}
		return ids
	}
	held := func(asked, s *Store) (n int) {
		require.NoError(t, asked.pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
			AND classid::bigint = $1 AND objid::bigint = $2`, int64(presenceLock), s.presence.id).Scan(&n))
		return n
	}
	tenant(t, Config{URL: url})
	alive, dies := serving(url), serving(cuttable)
	require.NoError(t, alive.Update(t.Context(), "acme", func(tx store.Tx) error {
		for _, id := range []string{"a", "b"} {
			if err := tx.PutContact(t.Context(), portal.Contact{ID: id, Name: id}, start); err != nil {
				return err
			}
			m := &portal.Message{ID: id, ConversationID: id, Seq: 1, Direction: portal.Outbound, CreatedAt: start}
			if err := tx.PutMessage(t.Context(), m); err != nil {
				return err
			}
			if err := tx.PutSend(t.Context(), id, id, start); err != nil {
				return err
			}
		}
		return nil
	}))
	one, err := alive.ClaimSends(t.Context(), start.Std(), time.Minute, 1)
	require.NoError(t, err)
	require.Equal(t, "a", one[0].MessageID)
	require.Equal(t, []string{"b"}, claim(dies, start))

	t.Run("STORE-47 who has gone loses its leases, who runs keeps them", func(t *testing.T) {
		require.Empty(t, claim(serving(url), start), "both run")
		through.setDown(true)
		require.Eventually(t, func() bool { return alive.presence.held.Load() && !dies.presence.held.Load() }, 15*time.Second, 10*time.Millisecond)
		require.Eventually(t, func() bool { return held(alive, dies) == 0 }, 15*time.Second, 10*time.Millisecond)
		require.Equal(t, []string{"b"}, claim(serving(url), start))
	})
	t.Run("STORE-51 a node whose clock is ahead takes nothing that another which runs has leased", func(t *testing.T) {
		ahead := serving(url)
		require.Empty(t, claim(ahead, portal.At(start.Std().Add(4*time.Minute))))
		require.Equal(t, []string{"a"}, claim(alive, portal.At(start.Std().Add(time.Minute))), "its own is due at the lease's end")
		require.Equal(t, []string{"a", "b"}, claim(ahead, portal.At(start.Std().Add(7*time.Minute))), "who stands still loses them")
		require.NoError(t, ahead.DelaySend(t.Context(), "acme", "a", start.Std().Add(time.Hour)))
	})
	t.Run("STORE-47 the lock comes back, and leases meanwhile have no lessor", func(t *testing.T) {
		through.setDown(false)
		require.Eventually(t, func() bool { return dies.presence.held.Load() }, 15*time.Second, 10*time.Millisecond)
		require.Equal(t, 1, held(alive, dies))
		require.NotNil(t, dies.presence.lessor())
		require.NoError(t, alive.DelaySend(t.Context(), "acme", "b", start.Std()))
		alive.presence.held.Store(false)
		require.Equal(t, []string{"b"}, claim(alive, start))
		require.Empty(t, claim(serving(url), start))
	})
}
