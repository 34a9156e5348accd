package postgres

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"io/fs"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/store"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrateLock is the advisory lock that nodes migrating at once take in turn.
const migrateLock = 0x706f7274616c // "portal"

// Migrate brings the schema up to date, its own and the extra sets, and names
// the database's epoch on first use. Running it twice changes nothing; several
// nodes may run it at once. A database newer than the binary is a Conflict, and
// so is one that is served where one of the two processes is to be alone: nothing
// is changed then.
func (s *Store) Migrate(ctx context.Context) error {
	if s.serve && s.presence == nil {
		var err error
		if s.presence, err = beginPresence(ctx, s.pool.Config().ConnConfig, s.alone); err != nil {
			return mapError(err, "database")
		}
	}
	lock, err := s.pool.Acquire(ctx)
	if err != nil {
		return mapError(err, "database")
	}
	defer lock.Release()
	if _, err := lock.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrateLock); err != nil {
		return mapError(err, "database")
	}
	// The lock belongs to the connection: if it can't be given back the
	// connection is broken, and the server has given it back.
	defer lock.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrateLock)

	own, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return mapError(err, "migrations")
	}
	for _, set := range append([]store.MigrationSet{{Table: "store_version", FS: own}}, s.extra...) {
		if err := s.migrate(ctx, set); err != nil {
			return err
		}
		failpoint.Hit(failpoint.SetMigrated)
	}
	if _, err = s.SetSettingOnce(ctx, epochKey, rand.Text()); err != nil || !s.serve {
		return err
	}
	return s.endLeases(ctx)
}

func (s *Store) migrate(ctx context.Context, set store.MigrationSet) error {
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, set.FS,
		goose.WithTableName(set.Table), goose.WithSlog(s.log), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return &portal.Error{Code: portal.Internal, Message: "the migrations of " + set.Table + " are broken", Err: err}
	}
	current, newest, err := p.GetVersions(ctx)
	if err != nil {
		return migrationError(err)
	}
	if current > newest {
		return portal.Errorf(portal.Conflict, "the database was made by a newer agentportal (schema %s %d, this one knows up to %d): start that version, or restore a backup",
			set.Table, current, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return migrationError(err)
	}
	return nil
}

// migrationError keeps what the database said (locked, disk full, …).
func migrationError(err error) error {
	mapped := mapError(err, "schema")
	reason := "see the log"
	var e *portal.Error
	if errors.As(mapped, &e) {
		reason = e.Message
	}
	return &portal.Error{Code: portal.CodeOf(mapped), Message: "the database can't be migrated: " + reason, Err: err}
}
