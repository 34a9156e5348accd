package sqlite

import (
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	driversqlite "modernc.org/sqlite"
)

// defaultBusyTimeout is long enough for any transaction of a seed or migrate.
const defaultBusyTimeout = 5 * time.Second

// Config says which file to open. Only Path is needed.
type Config struct {
	// Path of the database file. Its folder is made where it doesn't exist.
	Path string
	// Exclusive refuses to open a file that another Exclusive store holds, in
	// this or another process. `serve` asks for it, `seed` and `migrate` don't.
	Exclusive bool
	// BusyTimeout is how long a transaction waits for another process that
	// writes, before it is Unavailable; 0: 5 s.
	BusyTimeout time.Duration
	// Extra schemas are migrated after the store's own.
	Extra []store.MigrationSet
	// Logger hears of migrations; discarded if nil.
	Logger *slog.Logger
}

// Store is a SQLite file. It implements store.Store.
type Store struct {
	path   string
	busy   time.Duration
	extra  []store.MigrationSet
	log    *slog.Logger
	lock   *fileLock
	write  *sql.DB // one connection
	read   *sql.DB
	writer *writer
	// committed is set before the first Update.
	committed func(tenantID string, events []portal.Event)
}

var _ store.Store = (*Store)(nil)

// Open opens the file, making it where it doesn't exist. Call Migrate before
// anything else. A file that another serve holds is a Conflict; one that can't
// be opened is Unavailable, and the message says why.
func Open(ctx context.Context, c Config) (*Store, error) {
	s := &Store{path: c.Path, busy: c.BusyTimeout, extra: c.Extra, log: c.Logger}
	if s.busy == 0 {
		s.busy = defaultBusyTimeout
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.open(ctx, c.Exclusive); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, exclusive bool) (err error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o750); err != nil {
		return &portal.Error{Code: portal.Unavailable, Err: err,
			Message: "the folder of the database " + s.path + " can't be made: " + err.Error()}
	}
	if exclusive {
		s.lock, err = lockFile(s.path + ".lock")
		if portal.CodeOf(err) == portal.Unavailable {
			return s.openError(err)
		}
		if err != nil {
			return &portal.Error{Code: portal.CodeOf(err), Err: err,
				Message: "the database " + s.path + " is in use by another serve: stop it, or use PostgreSQL for several nodes"}
		}
	}
	// Commits synchronise with fdatasync, as SQLite does wherever it is built for
	// Linux; the driver's own choice costs twice the time. It knows only one
	// switch for the process, and an error only where there is no such call.
	_, _ = driversqlite.Fdatasync(true)
	// The writer comes first: it makes the file and turns WAL on.
	if s.write, err = s.connect(1, "journal_mode(WAL)", "synchronous(FULL)"); err != nil {
		return mapError(err, "database")
	}
	s.writer = newWriter(s.write)
	if err := s.write.PingContext(ctx); err != nil {
		return s.openError(err)
	}
	if s.read, err = s.connect(max(4, runtime.NumCPU()), "query_only(1)"); err != nil {
		return mapError(err, "database")
	}
	return nil
}

// openError tells a newcomer what is wrong with the file.
func (s *Store) openError(err error) error {
	mapped := mapError(err, "database")
	code, reason := portal.CodeOf(mapped), "the file or its folder isn't readable and writable"
	if isNotADatabase(err) {
		code, reason = portal.Invalid, "it isn't a SQLite database"
	}
	return &portal.Error{Code: code, Err: err,
		Message: "the database " + s.path + " can't be opened: " + reason}
}

// connect makes a pool of at most n connections that live as long as it.
func (s *Store) connect(n int, pragmas ...string) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}}
	q.Add("_pragma", "busy_timeout("+strconv.FormatInt(s.busy.Milliseconds(), 10)+")")
	q.Add("_pragma", "temp_store(MEMORY)")
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	c, err := newConnector("file:" + (&url.URL{Path: s.path}).EscapedPath() + "?" + q.Encode())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// DB is the writing connection, for the embedded queue. It is a pool of one:
// whoever holds it holds up every Update, so transactions on it must be short,
// and must not call the store. They begin IMMEDIATE and never meet a lock of
// this process.
func (s *Store) DB() *sql.DB { return s.write }

// OnCommit implements store.Store.
func (s *Store) OnCommit(fn func(tenantID string, events []portal.Event)) { s.committed = fn }

// Ping implements store.Store.
func (s *Store) Ping(ctx context.Context) error {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM settings").Scan(&n)
	return mapError(err, "database")
}

// Probe implements store.Store.
func (s *Store) Probe(ctx context.Context) error {
	return s.change(ctx, func(c *conn) error { return putSetting(ctx, c, probeKey, time.Now().UTC().Format(time.RFC3339Nano)) })
}

// Close waits for the transactions under way and releases the file.
func (s *Store) Close() error {
	var first error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db == nil {
			continue
		}
		if err := db.Close(); err != nil && first == nil {
			first = mapError(err, "database")
		}
	}
	if s.lock != nil {
		s.lock.release()
	}
	return first
}
