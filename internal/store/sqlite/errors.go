package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/agentportal/portal"
	driversqlite "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// mapError turns a failure of the driver into a portal.Error; what names the
// thing that was looked for or changed. Errors that are portal's already pass.
func mapError(err error, what string) error {
	var known *portal.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return &portal.Error{Code: portal.NotFound, Message: what + " not found"}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone), errors.Is(err, driver.ErrBadConn):
		return &portal.Error{Code: portal.Unavailable, Message: "the database didn't answer in time", Err: err}
	}
	var e *driversqlite.Error
	if !errors.As(err, &e) {
		code := portal.Internal
		if err.Error() == "sql: database is closed" { // database/sql has no value for it
			code = portal.Unavailable
		}
		return &portal.Error{Code: code, Message: "database error", Err: err}
	}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY:
		return &portal.Error{Code: portal.Conflict, Message: what + " exists already", Err: err}
	}
	switch e.Code() & 0xff { // the primary code
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_PROTOCOL, lib.SQLITE_INTERRUPT:
		return &portal.Error{Code: portal.Unavailable, Message: "the database is locked by another process", Err: err}
	case lib.SQLITE_FULL:
		return &portal.Error{Code: portal.Unavailable, Message: "the disk is full", Err: err}
	case lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_NOMEM, lib.SQLITE_PERM:
		return &portal.Error{Code: portal.Unavailable, Message: "the database file can't be used", Err: err}
	}
	return &portal.Error{Code: portal.Internal, Message: "database error", Err: err}
}

func isNotADatabase(err error) bool {
	var e *driversqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == lib.SQLITE_NOTADB
}
