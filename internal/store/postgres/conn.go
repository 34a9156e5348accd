package postgres

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/agentportal/portal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// queryer is a pool or a transaction.
type queryer interface {
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// conn runs statements, each with a deadline, and maps their failures. It
// remembers the first failed one: the transaction can only be taken back then.
type conn struct {
	q       queryer
	timeout time.Duration
	failed  error
}

// pooled runs each statement in a transaction of its own.
func (s *Store) pooled() *conn { return &conn{q: s.pool, timeout: s.timeout} }

// fail notes a failed statement.
func (c *conn) fail(err error, what string) error {
	if err != nil {
		c.failed = mapError(err, what)
	}
	return c.failed
}

// exec runs a statement that changes rows and tells how many.
func (c *conn) exec(ctx context.Context, what, query string, args ...any) (int64, error) {
	if c.failed != nil {
		return 0, c.failed
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	tag, err := c.q.Exec(ctx, query, args...)
	return tag.RowsAffected(), c.fail(err, what)
}

// must is exec for a row that has to be there: NotFound if none was changed.
func (c *conn) must(ctx context.Context, what, query string, args ...any) error {
	n, err := c.exec(ctx, what, query, args...)
	if err == nil && n == 0 {
		return mapError(pgx.ErrNoRows, what)
	}
	return err
}

// batch runs statements in one round trip.
func (c *conn) batch(ctx context.Context, what string, b *pgx.Batch) error {
	if c.failed != nil {
		return c.failed
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return c.fail(c.q.SendBatch(ctx, b).Close(), what)
}

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

// all reads every row of a query.
func all[T any](ctx context.Context, c *conn, what string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	if c.failed != nil {
		return nil, c.failed
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	list, err := collect(ctx, c.q, scan, query, args)
	if c.fail(err, what) != nil {
		return nil, c.failed
	}
	return list, nil
}

func collect[T any](ctx context.Context, q queryer, scan func(scanner) (T, error), query string, args []any) (list []T, err error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// one reads the first row; NotFound when there is none.
func one[T any](ctx context.Context, c *conn, what string, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	var zero T
	list, err := all(ctx, c, what, scan, query, args...)
	if err != nil {
		return zero, err
	}
	if len(list) == 0 {
		return zero, mapError(pgx.ErrNoRows, what)
	}
	return list[0], nil
}

// scalar reads a single column.
func scalar[T any](row scanner) (v T, err error) {
	err = row.Scan(&v)
	return v, err
}

// stamp is t as it is stored: NULL for the zero Time.
func stamp(t portal.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// instant is t as it is stored: NULL for the zero time.
func instant(t time.Time) any { return stamp(portal.At(t)) }

// nullTime reads what stamp and instant wrote.
type nullTime struct{ sql.NullInt64 }

func (n nullTime) time() portal.Time {
	if !n.Valid {
		return portal.Time{}
	}
	return portal.UnixMilli(n.Int64)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
