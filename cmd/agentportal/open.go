package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/config"
	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/queue/embedded"
	"github.com/agentportal/portal/internal/queue/rabbitmq"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/postgres"
	"github.com/agentportal/portal/internal/store/sqlite"
)

// brokerWait is how long a start waits for the broker before it goes on without.
const brokerWait = 3 * time.Second

// queueBesidePostgres is where the embedded queue lives when the data doesn't
// live in SQLite.
const queueBesidePostgres = "data/queue.db"

// newLogger talks to the operator on stderr.
func newLogger(c config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	if c.JSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// database is a store with what only starting and migrating need.
type database interface {
	store.Store
	Migrate(ctx context.Context) error
	SetEpoch(ctx context.Context, epoch string) error
}

// queueTables are the embedded queue's, migrated with the store's.
func queueTables() []store.MigrationSet {
	return []store.MigrationSet{{Table: "queue_migrations", FS: embedded.Migrations()}}
}

// role is what somebody does with the database.
type role int

const (
	visits      role = iota // beside those who serve
	serves                  // beside others that serve, where the database can be several nodes'
	servesAlone             // as the only one: the embedded queue is for one node
)

// openDatabase opens and migrates the database. Those who serve it end what
// crashed ones had leased; a file they hold exclusively.
func openDatabase(ctx context.Context, c config.Database, as role, log *slog.Logger) (database, error) {
	var db database
	var err error
	if c.PostgresURL != "" {
		db, err = openPostgres(ctx, postgres.Config{URL: c.PostgresURL, Serve: as != visits, Alone: as == servesAlone, Logger: log})
	} else {
		db, err = openSQLite(ctx, sqlite.Config{Path: c.SQLitePath, Exclusive: as != visits, Extra: queueTables(), Logger: log})
	}
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		_ = db.Close() // the migration's failure is what matters
		return nil, err
	}
	return db, nil
}

// openPostgres says what to do about a database that can't be used.
func openPostgres(ctx context.Context, c postgres.Config) (database, error) {
	db, err := postgres.Open(ctx, c)
	var reason *portal.Error
	if errors.As(err, &reason) {
		const setting = "correct --database-url (PORTAL_DATABASE_URL)"
		remedy := "start it, or " + setting
		switch answered := (*pgconn.PgError)(nil); {
		case errors.As(err, &answered) && answered.Code == "3D000": // invalid_catalog_name
			remedy = "create it, or " + setting
		case errors.As(err, &answered):
			remedy = setting
		}
		return nil, &portal.Error{Code: reason.Code, Err: err, Message: "PostgreSQL can't be used: " + reason.Message + ": " + remedy}
	}
	return db, err
}

// openSQLite says what to do about a file that can't be used.
func openSQLite(ctx context.Context, c sqlite.Config) (*sqlite.Store, error) {
	db, err := sqlite.Open(ctx, c)
	var reason *portal.Error
	if errors.As(err, &reason) && reason.Code != portal.Conflict { // one that serves already says so
		return nil, &portal.Error{Code: reason.Code, Err: reason.Err, Message: reason.Message +
			": choose another place with --database-url (PORTAL_DATABASE_URL)"}
	}
	return db, err
}

// openQueue opens the broker, or the embedded queue in the database's own file,
// and makes the queues. A broker that was used before and is away holds up no
// start, since agents can read and reply without it: the bridge makes the queues
// once it is there. One that was never there is most likely a wrong address, which
// ends the start, as one that refuses us does. closeQueue ends both the queue and
// its file.
func openQueue(ctx context.Context, c config.Portal, db database, log *slog.Logger) (q queue.Queue, closeQueue func() error, err error) {
	if c.BrokerURL != "" {
		q, err = rabbitmq.Open(rabbitmq.Config{URL: c.BrokerURL, Log: log})
		closeQueue = func() error { return q.Close() }
	} else {
		q, closeQueue, err = openEmbedded(ctx, db, log)
	}
	if err != nil {
		return nil, nil, err
	}
	wait, cancel := context.WithTimeout(ctx, brokerWait)
	defer cancel()
	err = q.Declare(wait, c.InboundQueue, c.StatusQueue)
	if err == nil {
		if c.BrokerURL != "" {
			_, err = db.SetSettingOnce(ctx, brokerKey(c.BrokerURL), "used")
		}
		return q, closeQueue, err
	}
	reason := cmp.Or(q.State().Err, err.Error())
	if errors.Is(wait.Err(), context.DeadlineExceeded) && usedBefore(ctx, db, c.BrokerURL) {
		log.Warn("serving without the broker until it can be used: start it, or correct --broker-url (PORTAL_BROKER_URL)", "reason", reason)
		return q, closeQueue, nil
	}
	_ = closeQueue()
	remedy := "correct"
	if strings.Contains(reason, "nothing answers") {
		remedy = "start it, or correct"
	}
	return nil, nil, &portal.Error{Code: portal.Unavailable, Err: err, Message: fmt.Sprintf(
		"the broker can't be used: %s: %s --broker-url (PORTAL_BROKER_URL); without one the embedded queue serves", reason, remedy)}
}

// brokerKey is the setting that remembers a broker by its place, without the password.
func brokerKey(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "broker"
	}
	return "broker " + u.Host + u.Path
}

// usedBefore tells whether a portal on this database has used the broker.
func usedBefore(ctx context.Context, db database, address string) bool {
	if address == "" {
		return false
	}
	known, err := db.Setting(ctx, brokerKey(address))
	return err == nil && known != ""
}

func openEmbedded(ctx context.Context, db database, log *slog.Logger) (queue.Queue, func() error, error) {
	file, ok := db.(*sqlite.Store)
	if !ok {
		var err error
		file, err = sqlite.Open(ctx, sqlite.Config{Path: queueBesidePostgres, Exclusive: true, Extra: queueTables(), Logger: log})
		if err != nil {
			return nil, nil, err
		}
		if err := file.Migrate(ctx); err != nil {
			_ = file.Close()
			return nil, nil, err
		}
	}
	q, err := embedded.Open(ctx, embedded.Config{DB: file.DB(), Log: log})
	if err != nil {
		if !ok {
			_ = file.Close()
		}
		return nil, nil, err
	}
	return q, func() error {
		err := q.Close()
		if !ok {
			_ = file.Close()
		}
		return err
	}, nil
}
