package postgres

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
)

func TestAlone(t *testing.T) {
	url := newSchema(t)
	through, cuttable := newProxy(t, url)
	opened := func(c Config) (*Store, error) {
		c.Serve = true
		s, err := Open(t.Context(), c)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s, s.Migrate(t.Context())
	}
	first, err := opened(Config{URL: cuttable, Alone: true})
	require.NoError(t, err)
	refused := func(t *testing.T, c Config) {
		t.Helper()
		_, err := opened(c)
		require.Equal(t, portal.Conflict, portal.CodeOf(err), "%v", err)
		require.ErrorContains(t, err, "another serve")
	}
	back := func(t *testing.T) {
		t.Helper()
		through.setDown(false)
		require.Eventually(t, first.presence.held.Load, 15*time.Second, 10*time.Millisecond)
	}
	lost := func(t *testing.T) {
		t.Helper()
		through.setDown(true)
		require.Eventually(t, func() bool { return !first.presence.held.Load() }, 15*time.Second, 10*time.Millisecond)
	}

	t.Run("STORE-53 beside one that is to be alone nobody serves, and nothing is migrated for them", func(t *testing.T) {
		admin(t, url, "ALTER TABLE store_version RENAME TO hidden")
		refused(t, Config{URL: url, Alone: true})
		refused(t, Config{URL: url})
		admin(t, url, "ALTER TABLE hidden RENAME TO store_version") // there is no other yet
	})
	t.Run("STORE-53 who only visits, and who serves another schema, comes in", func(t *testing.T) {
		open(t, Config{URL: url})
		_, err := opened(Config{URL: newSchema(t), Alone: true})
		require.NoError(t, err)
	})
	t.Run("STORE-53 a lost connection is made again, its own remains notwithstanding", func(t *testing.T) {
		lost(t)
		remains, err := pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		defer remains.Close(context.WithoutCancel(t.Context()))
		for class, key := range map[int]string{placeLock: schemaKey, presenceLock: strconv.Itoa(int(first.presence.id))} {
			_, err := remains.Exec(t.Context(), `SELECT pg_advisory_lock($1::int, `+key+`)`, class)
			require.NoError(t, err)
		}
		through.setDown(false)
		require.Eventually(t, func() bool { return tried(t, url) }, 15*time.Second, time.Millisecond)
		require.Eventually(t, func() bool { return !tried(t, url) }, 15*time.Second, time.Millisecond)
		require.NoError(t, remains.Close(t.Context()))
		back(t)
	})
	t.Run("STORE-53 a machine that is gone is noticed within 15 s", func(t *testing.T) {
		c, err := pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		defer c.Close(context.WithoutCancel(t.Context()))
		require.NoError(t, noticeSoon(t.Context(), c))
		for setting, want := range map[string]string{"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "2"} {
			var got string
			require.NoError(t, c.QueryRow(t.Context(), "SHOW "+setting).Scan(&got))
			require.Equal(t, want, got, setting)
		}
	})
	t.Run("STORE-53 who lost its place to another is told", func(t *testing.T) {
		told := make(chan error, 1)
		go func() { told <- first.Hold(t.Context()) }()
		lost(t)
		_, err := opened(Config{URL: url, Alone: true})
		require.NoError(t, err)
		through.setDown(false)
		select {
		case err := <-told:
			require.Equal(t, portal.Conflict, portal.CodeOf(err), "%v", err)
		case <-time.After(15 * time.Second):
			require.Fail(t, "nobody says so")
		}
	})
}

// tried tells whether somebody waits for the schema's lock.
func tried(t *testing.T, url string) bool {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer c.Close(t.Context())
	var waits bool
	require.NoError(t, c.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
		AND classid::bigint = $1 AND objid = (`+schemaKey+`::bigint & 4294967295)::oid)`, int64(placeLock)).Scan(&waits))
	return waits
}
