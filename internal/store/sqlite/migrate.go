package sqlite

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"io/fs"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/store"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrateRetry is how often a Migrate looks whether another one has ended.
const migrateRetry = 20 * time.Millisecond

// Migrate brings the schema up to date, its own and the extra sets, and names
// the database's epoch on first use. Running it twice changes nothing; several
// processes may run it at once. A database newer than the binary is a Conflict.
func (s *Store) Migrate(ctx context.Context) error {
	lock, err := s.awaitMigrateLock(ctx)
	if err != nil {
		return err
	}
	defer lock.release()

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
	if _, err = s.SetSettingOnce(ctx, epochKey, rand.Text()); err != nil || s.lock == nil {
		return err
	}
	return s.endLeases(ctx)
}

func (s *Store) awaitMigrateLock(ctx context.Context) (*fileLock, error) {
	for {
		lock, err := lockFile(s.path + ".migrate.lock")
		if portal.CodeOf(err) != portal.Conflict {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, &portal.Error{Code: portal.Unavailable, Message: "another process is migrating the database", Err: ctx.Err()}
		case <-time.After(migrateRetry):
		}
	}
}

func (s *Store) migrate(ctx context.Context, set store.MigrationSet) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, set.FS,
		goose.WithTableName(set.Table), goose.WithSlog(s.log), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return &portal.Error{Code: portal.Internal, Message: "the migrations of " + set.Table + " are broken", Err: err}
	}
	current, newest, err := p.GetVersions(ctx)
	if err != nil {
		return migrationError(s.path, err)
	}
	if current > newest {
		return portal.Errorf(portal.Conflict, "the database %s was made by a newer agentportal (schema %s %d, this one knows up to %d): start that version, or restore a backup",
			s.path, set.Table, current, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return migrationError(s.path, err)
	}
	return nil
}

// migrationError keeps what the database said (locked, disk full, …).
func migrationError(path string, err error) error {
	mapped := mapError(err, "schema")
	reason := "see the log"
	var e *portal.Error
	if errors.As(mapped, &e) {
		reason = e.Message
	}
	return &portal.Error{Code: portal.CodeOf(mapped), Message: "the database " + path + " can't be migrated: " + reason, Err: err}
}
