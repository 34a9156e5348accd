package postgres

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/agentportal/portal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

// mapError turns a failure of the driver into a portal.Error; what names the
// thing that was looked for or changed. Errors that are portal's already pass.
func mapError(err error, what string) error {
	var (
		known  *portal.Error
		server *pgconn.PgError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, pgx.ErrNoRows):
		return &portal.Error{Code: portal.NotFound, Message: what + " not found"}
	case errors.As(err, &server):
		return mapServerError(server, err, what)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), pgconn.Timeout(err):
		return &portal.Error{Code: portal.Unavailable, Message: "the database didn't answer in time", Err: err}
	case isConnectionError(err):
		return &portal.Error{Code: portal.Unavailable, Message: "the database can't be reached", Err: err}
	}
	return &portal.Error{Code: portal.Internal, Message: "database error", Err: err}
}

func isConnectionError(err error) bool {
	var (
		network net.Error
		connect *pgconn.ConnectError
	)
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, pgx.ErrTxClosed) || errors.Is(err, puddle.ErrClosedPool)
}

// mapServerError goes by SQLSTATE (PostgreSQL documentation, appendix A).
func mapServerError(e *pgconn.PgError, err error, what string) error {
	switch e.Code {
	case "23505": // unique_violation
		return &portal.Error{Code: portal.Conflict, Message: what + " exists already", Err: err}
	case "40001", "40P01", "55P03", "57014": // serialization, deadlock, lock_timeout, statement_timeout
		return &portal.Error{Code: portal.Unavailable, Message: "the database is busy", Err: err}
	case "25006": // read_only_sql_transaction: a standby, until it is promoted
		return &portal.Error{Code: portal.Unavailable, Message: "the database is read-only for now", Err: err}
	case "25P03": // idle_in_transaction_session_timeout
		return &portal.Error{Code: portal.Unavailable, Message: "the transaction took too long", Err: err}
	}
	switch e.Code[:min(2, len(e.Code))] {
	case "22", "54": // data exception, program limit: no other attempt would change it
		return &portal.Error{Code: portal.Invalid, Message: "the database can't hold this", Err: err}
	case "28": // authorization
		return &portal.Error{Code: portal.Unavailable, Message: "the user or the password isn't accepted", Err: err}
	case "3D": // database name
		return &portal.Error{Code: portal.Unavailable, Message: "there is no database of this name", Err: err}
	case "53", "58": // out of disk, memory, connections; I/O
		return &portal.Error{Code: portal.Unavailable, Message: "the database has no room or connection left", Err: err}
	case "08", "57": // connection; shutting down or starting up
		return &portal.Error{Code: portal.Unavailable, Message: "the database is restarting", Err: err}
	}
	return &portal.Error{Code: portal.Internal, Message: "database error", Err: err}
}
