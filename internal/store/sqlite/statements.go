package sqlite

import (
	"context"
	"database/sql/driver"
	"strings"

	driversqlite "modernc.org/sqlite"
)

// statementLimit bounds the prepared statements of one connection. The store
// has fewer; what comes beyond is prepared each time.
const statementLimit = 256

// connector opens connections that keep their prepared statements. database/sql
// could keep them, too, but prepares on another connection of the pool than the
// running transaction's, and the writer's pool has only one.
type connector struct{ driver.Connector }

func newConnector(dsn string) (connector, error) {
	c, err := driversqlite.NewConnector(dsn)
	return connector{c}, err
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	base, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &preparedConn{fullConn: base.(fullConn), kept: map[string]*statement{}}, nil
}

// fullConn is what the driver's connections offer to database/sql.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// preparedConn prepares each text once. Like every driver.Conn it is used by
// one goroutine at a time.
type preparedConn struct {
	fullConn
	kept map[string]*statement
}

// statement is a prepared one; busy while its rows are read.
type statement struct {
	driver.Stmt
	busy bool
}

// ExecContext implements driver.ExecerContext.
func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.fullConn.ExecContext(ctx, query, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.fullConn.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &preparedRows{rows, s}, nil
}

// statement is the prepared form of a query, nil for what isn't worth keeping
// or is being read at this moment.
func (c *preparedConn) statement(ctx context.Context, query string) (*statement, error) {
	if s := c.kept[query]; s != nil {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	if len(c.kept) >= statementLimit || !keeps(query) {
		return nil, nil
	}
	base, err := c.fullConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s := &statement{Stmt: base}
	c.kept[query] = s
	return s, nil
}

// keeps tells whether a query comes again: schema changes and scripts don't.
func keeps(query string) bool {
	query = strings.TrimLeft(query, " \t\n")
	for _, verb := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "SAVEPOINT", "RELEASE"} {
		if strings.HasPrefix(query, verb) {
			return !strings.Contains(query, ";")
		}
	}
	return false
}

// Close implements driver.Conn.
func (c *preparedConn) Close() error {
	for _, s := range c.kept {
		_ = s.Close()
	}
	return c.fullConn.Close()
}

// preparedRows frees its statement for the next use.
type preparedRows struct {
	driver.Rows
	s *statement
}

// Close implements driver.Rows.
func (r *preparedRows) Close() error {
	err := r.Rows.Close()
	r.s.busy = false
	return err
}
