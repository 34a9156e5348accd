package postgres

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	defaultTimeout = 5 * time.Second
	// connectTimeout leaves time for a second try within the five seconds after
	// which a database that is back must be in use.
	connectTimeout = 2 * time.Second
	// idleInTransaction frees the lock of a node that went away in the middle.
	idleInTransaction = 15 * time.Second
	// minimumPool is enough for many tenants at once; pool_max_conns in the URL wins.
	minimumPool = 10
)

// Config says which database to use. Only URL is needed.
type Config struct {
	// URL is postgres://user:password@host:port/database?…, or libpq's keyword
	// form. It may hold a password and is never shown.
	URL string
	// Timeout is how long a single statement may take, waiting for another
	// node's transaction included, before it is Unavailable; 0: 5 s.
	Timeout time.Duration
	// Serve says that this process will send what is queued: from Migrate on it
	// shows that it runs, and what crashed ones had leased is due again.
	Serve bool
	// Alone says that no other process may serve the database beside this one.
	Alone bool
	// Extra schemas are migrated after the store's own.
	Extra []store.MigrationSet
	// Logger hears of migrations; discarded if nil.
	Logger *slog.Logger
}

// Store is a PostgreSQL database. It implements store.Store.
type Store struct {
	pool    *pgxpool.Pool
	timeout time.Duration
	extra   []store.MigrationSet
	log     *slog.Logger
	serve   bool
	alone   bool
	// presence is set by Migrate; nil: others can't tell whether this process runs.
	presence *presence
	turns    *turns // orders a tenant's transactions of this node
	// committed is set before the first Update.
	committed func(tenantID string, events []portal.Event)
}

var _ store.Store = (*Store)(nil)

// Open makes the pool and tries the database once: Invalid for a URL that is
// none, Unavailable if the database doesn't answer. Call Migrate before
// anything else.
func Open(ctx context.Context, c Config) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, &portal.Error{Code: portal.Invalid, Message: "the PostgreSQL address isn't valid"} // err may show the password
	}
	if !strings.Contains(c.URL, "pool_max_conns") {
		cfg.MaxConns = int32(max(minimumPool, 2*runtime.NumCPU()))
	}
	cfg.PingTimeout = time.Second
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	cfg.ConnConfig.RuntimeParams["application_name"] = "agentportal"
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = milliseconds(idleInTransaction)

	s := &Store{timeout: c.Timeout, extra: c.Extra, log: c.Logger, serve: c.Serve, alone: c.Alone, turns: newTurns()}
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, mapError(err, "database")
	}
	if err := s.Ping(ctx); err != nil {
		s.pool.Close()
		return nil, err
	}
	return s, nil
}

// OnCommit implements store.Store.
func (s *Store) OnCommit(fn func(tenantID string, events []portal.Event)) { s.committed = fn }

// Ping implements store.Store.
func (s *Store) Ping(ctx context.Context) error {
	_, err := one(ctx, s.pooled(), "database", scalar[int], `SELECT 1`)
	return err
}

// Probe implements store.Store.
func (s *Store) Probe(ctx context.Context) error {
	return s.putSetting(ctx, probeKey, time.Now().UTC().Format(time.RFC3339Nano))
}

// Close waits for the transactions under way and closes the connections.
func (s *Store) Close() error {
	s.presence.end()
	s.pool.Close()
	return nil
}
