// Package embedded is the durable queue for running with nothing installed: tables in the portal's own SQLite
// database, for one process.
//
// It is as durable as the database's connections are set up to be: with synchronous=FULL a published message
// survives power loss. Everything that callers write at the same time shares one commit. Acknowledgements are
// written behind the caller's back, like RabbitMQ's: after a crash a message that was acknowledged in the last
// moment may come again, after Close none does.
package embedded

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/agentportal/portal/internal/queue"
)

//go:embed migrations/*.sql
var migrations embed.FS

// VersionTable is where the migrator notes which of [Migrations] have run: a table of their own, so that their
// numbers are independent of the store's.
const VersionTable = "queue_migrations"

// Migrations are the queue's tables, as goose SQL files at the root of the returned file system. They must have
// run before [Open].
func Migrations() fs.FS {
	root, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // only for an invalid name
	}
	return root
}

// Config says where the queue lives. Only DB is needed.
type Config struct {
	// DB is the SQLite database. The queue takes one connection at a time for writing and one per consumer for
	// reading, each for one statement or transaction only, and doesn't close it.
	DB *sql.DB
	// Log gets what goes wrong; [slog.Default] if nil.
	Log *slog.Logger
	// Poll is how often a consumer looks for messages without having been told of any; 1 s if 0.
	Poll time.Duration
}

// Queue is a [queue.Queue] in a SQLite database.
type Queue struct {
	db     *sql.DB
	log    *slog.Logger
	poll   time.Duration
	ctx    context.Context // done when closed; no request's
	cancel context.CancelFunc
	writer *writer
	before int64            // the highest id there was at the start: these may have been delivered before
	last   map[string]int64 // by queue, the highest id handed out; guarded by mu
	inUse  sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	declared  bool
	err       error // the last trouble with the database, nil when it works
	since     time.Time
	holders   map[string]chan struct{} // a queue's only place for an active consumer
	consuming map[*consumption]struct{}
}

var _ queue.Queue = (*Queue)(nil)

// Open fails when the database can't be used, for example because [Migrations] haven't run.
func Open(ctx context.Context, cfg Config) (*Queue, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Poll <= 0 {
		cfg.Poll = time.Second
	}
	q := &Queue{
		db: cfg.DB, log: cfg.Log, poll: cfg.Poll, since: time.Now(),
		last: map[string]int64{}, holders: map[string]chan struct{}{}, consuming: map[*consumption]struct{}{},
	}
	err := q.db.QueryRowContext(ctx, `SELECT COALESCE(MAX(id), 0) FROM queue_messages`).Scan(&q.before)
	if err != nil {
		return nil, unavailable(err)
	}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	q.writer = newWriter(q)
	q.writer.running.Go(q.writer.run)
	return q, nil
}

// Declare has nothing to make: queues are names in a table.
func (q *Queue) Declare(context.Context, ...string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return queue.ErrClosed
	}
	q.declared = true
	return nil
}

// Publish stores msgs in one transaction: all of them or, with an error, none, unless the commit's outcome
// isn't known.
func (q *Queue) Publish(ctx context.Context, name string, msgs ...queue.Message) error {
	if len(msgs) == 0 {
		return nil
	}
	err := q.writer.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, m := range msgs {
			if err := insert(ctx, tx, name, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		q.wake(name)
	}
	return err
}

// State tells whether the database worked the last time.
func (q *Queue) State() queue.State {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := queue.State{
		Connected: q.err == nil && !q.closed, Since: q.since, Declared: q.declared, Consuming: map[string]bool{},
	}
	if q.err != nil {
		s.Err = q.err.Error()
	}
	for c := range q.consuming {
		s.Consuming[c.name] = s.Consuming[c.name] || c.active
	}
	return s
}

// note keeps what the last use of the database told.
func (q *Queue) note(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if (q.err == nil) != (err == nil) {
		q.since = time.Now()
		if err != nil {
			q.log.Warn("the queue's database fails, trying again", "error", err)
		}
	}
	q.err = err
}

// Close waits for the consumers and for what is still to be written.
func (q *Queue) Close() error {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.cancel()
	q.inUse.Wait()
	return q.writer.close()
}

// unavailable is [queue.ErrUnavailable] with the reason.
func unavailable(err error) error {
	if err == nil || errors.Is(err, queue.ErrUnavailable) || errors.Is(err, queue.ErrClosed) {
		return err
	}
	return errors.Join(queue.ErrUnavailable, err)
}
