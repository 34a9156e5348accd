package postgres

import (
	"context"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/jackc/pgx/v5"
)

// readTx reads one tenant's rows. Its methods are in the aggregates' files.
type readTx struct {
	*conn
	tenant string
}

// tx also changes them.
type tx struct {
	readTx
	seq     int64          // of the newest event, appended ones included
	events  []portal.Event // appended
	written int            // how many of them the database has got
}

var _ store.Tx = (*tx)(nil)

// View implements store.Store. The snapshot is taken by the first read in fn.
func (s *Store) View(ctx context.Context, tenantID string, fn func(store.ReadTx) error) error {
	return s.transact(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(c *conn) error {
		return fn(&readTx{conn: c, tenant: tenantID})
	})
}

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, tenantID string, fn func(store.Tx) error) error {
	release, err := s.turn(ctx, tenantID)
	if err != nil {
		return err
	}
	defer release()
	t := &tx{readTx: readTx{tenant: tenantID}}
	err = s.transact(ctx, pgx.TxOptions{}, func(c *conn) (err error) {
		t.conn = c
		// The row's lock is held until the commit: seqs are given in commit order.
		if t.seq, err = one(ctx, c, "tenant", scalar[int64], `SELECT last_seq FROM tenants WHERE id = $1 FOR UPDATE`, tenantID); err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		return t.flush(ctx)
	})
	if err == nil && len(t.events) > 0 && s.committed != nil {
		s.committed(tenantID, t.events)
	}
	return err
}

// turn waits no longer than a statement may: while the database is away those
// that queue up are told so, too.
func (s *Store) turn(ctx context.Context, tenantID string) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	release, err = s.turns.take(ctx, tenantID)
	return release, mapError(err, "database")
}

// transact runs fn in a transaction. Whatever made fn fail or panic, nothing of
// it is committed.
func (s *Store) transact(ctx context.Context, options pgx.TxOptions, fn func(*conn) error) error {
	t, err := s.begin(ctx, options)
	if err != nil {
		return err
	}
	c := &conn{q: t, timeout: s.timeout}
	defer func() { // after a commit this does nothing
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
		defer cancel()
		_ = t.Rollback(ctx)
	}()
	if err := fn(c); err != nil {
		return err
	}
	if c.failed != nil {
		return c.failed
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return mapError(t.Commit(ctx), "database")
}

// begin fails when no connection can be had in time. The connections that there
// are may be as dead as the one that was tried: none of them is used again.
func (s *Store) begin(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	t, err := s.pool.BeginTx(ctx, options)
	if err != nil {
		if ctx.Err() == context.DeadlineExceeded {
			s.pool.Reset()
		}
		return nil, mapError(err, "database")
	}
	return t, nil
}
