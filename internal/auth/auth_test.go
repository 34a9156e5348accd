package auth_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "correct horse"

var (
	secret = []byte("0123456789abcdef0123456789abcdef")
	start  = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
)

// clock moves when told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is two nodes on one database, with Ann of acme and Olga of globex.
type bench struct {
	*auth.Auth
	other *auth.Auth
	store *awayStore
	clock *clock
}

// hash is made once: hashing is what takes the time.
var hash = sync.OnceValues(func() (string, error) { return auth.HashPassword(password) })

func newBench(t *testing.T) *bench {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Migrate(t.Context()))
	phc, err := hash()
	require.NoError(t, err)
	for _, u := range []portal.User{
		{ID: "ann", TenantID: "acme", Email: "ann@acme.test", Name: "Ann", Role: portal.RoleAgent, PasswordHash: phc},
		{ID: "olga", TenantID: "globex", Email: "olga@globex.test", Name: "Olga", Role: portal.RoleAdmin, PasswordHash: phc},
	} {
		require.NoError(t, db.PutTenant(t.Context(), portal.Tenant{ID: u.TenantID, Name: u.TenantID}))
		require.NoError(t, db.Update(t.Context(), u.TenantID, func(tx store.Tx) error { return tx.PutUser(t.Context(), u) }))
	}
	b := &bench{store: &awayStore{Store: db}, clock: &clock{now: start}}
	b.Auth, b.other = b.node(t), b.node(t)
	return b
}

// node is one more node on the same database.
func (b *bench) node(t *testing.T) *auth.Auth {
	t.Helper()
	a, err := auth.New(t.Context(), auth.Config{Store: b.store, Secret: secret, Now: b.clock.Now})
	require.NoError(t, err)
	return a
}

func (b *bench) signIn(t *testing.T) auth.Tokens {
	t.Helper()
	tokens, err := b.SignIn(t.Context(), "ann@acme.test", password, "192.0.2.1:1234")
	require.NoError(t, err)
	return tokens
}

// awayStore can be away.
type awayStore struct {
	store.Store
	mu   sync.Mutex
	away bool
}

func (s *awayStore) setAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

func (s *awayStore) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return portal.Errorf(portal.Unavailable, "away")
	}
	return nil
}

func (s *awayStore) UserByEmail(ctx context.Context, email string) (portal.User, error) {
	if err := s.err(); err != nil {
		return portal.User{}, err
	}
	return s.Store.UserByEmail(ctx, email)
}

func (s *awayStore) AuthSession(ctx context.Context, id string) (store.AuthSession, error) {
	if err := s.err(); err != nil {
		return store.AuthSession{}, err
	}
	return s.Store.AuthSession(ctx, id)
}

func (s *awayStore) AuthSessionByRefresh(ctx context.Context, hash []byte) (store.AuthSession, error) {
	if err := s.err(); err != nil {
		return store.AuthSession{}, err
	}
	return s.Store.AuthSessionByRefresh(ctx, hash)
}

func code(err error) portal.Code { return portal.CodeOf(err) }

func TestSecret(t *testing.T) {
	b := newBench(t)
	t.Run("AUTH-9 too short", func(t *testing.T) {
		_, err := auth.New(t.Context(), auth.Config{Store: b.store, Secret: secret[:31]})
		require.Equal(t, portal.Invalid, code(err))
		require.NotContains(t, err.Error(), string(secret[:31]), "AUTH-15")
	})
	t.Run("AUTH-9 made once and kept", func(t *testing.T) {
		one, err := auth.New(t.Context(), auth.Config{Store: b.store, Now: b.clock.Now})
		require.NoError(t, err)
		two, err := auth.New(t.Context(), auth.Config{Store: b.store, Now: b.clock.Now})
		require.NoError(t, err)
		tokens, err := one.SignIn(t.Context(), "ann@acme.test", password, "192.0.2.1")
		require.NoError(t, err)
		_, _, err = two.Verify(t.Context(), tokens.Access)
		require.NoError(t, err)
		_, err = two.Refresh(t.Context(), tokens.Refresh)
		require.NoError(t, err)
		_, _, err = b.Verify(t.Context(), tokens.Access)
		require.Error(t, err, "another secret")
	})
}
