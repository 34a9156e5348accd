package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/agentportal/portal"
)

// queryer is a pool or a transaction.
type queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// conn runs statements and maps their failures. It remembers the first failed
// one: SQLite may have rolled the transaction back on its own then (disk full),
// and what came after it would be committed piece by piece.
type conn struct {
	q      queryer
	failed error
}

// exec runs a statement that changes rows and tells how many.
func (c *conn) exec(ctx context.Context, what, query string, args ...any) (int64, error) {
	if c.failed != nil {
		return 0, c.failed
	}
	// Statements are short. Without a cancellable context the driver needn't
	// start a goroutine to watch over each.
	res, err := c.q.ExecContext(context.WithoutCancel(ctx), query, args...)
	if err != nil {
		c.failed = mapError(err, what)
		return 0, c.failed
	}
	n, err := res.RowsAffected()
	return n, mapError(err, what)
}

// must is exec for a row that has to be there: NotFound if none was changed.
func (c *conn) must(ctx context.Context, what, query string, args ...any) error {
	n, err := c.exec(ctx, what, query, args...)
	if err == nil && n == 0 {
		return mapError(sql.ErrNoRows, what)
	}
	return err
}

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

// all reads every row of a query.
func all[T any](ctx context.Context, c *conn, what string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	if c.failed != nil {
		return nil, c.failed
	}
	list, err := collect(ctx, c.q, scan, query, args)
	if err != nil {
		c.failed = mapError(err, what)
		return nil, c.failed
	}
	return list, nil
}

func collect[T any](ctx context.Context, q queryer, scan func(scanner) (T, error), query string, args []any) (list []T, err error) {
	rows, err := q.QueryContext(context.WithoutCancel(ctx), query, args...)
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
		return zero, mapError(sql.ErrNoRows, what)
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
