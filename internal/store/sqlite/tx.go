package sqlite

import (
	"context"
	"database/sql"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// readTx reads one tenant's rows. Its methods are in the aggregates' files.
type readTx struct {
	*conn
	tenant string
}

// tx also changes them.
type tx struct {
	readTx
	seq    int64 // of the newest event, appended ones included
	events []portal.Event
}

var _ store.Tx = (*tx)(nil)

// View implements store.Store. The snapshot is taken by the first read in fn.
func (s *Store) View(ctx context.Context, tenantID string, fn func(store.ReadTx) error) error {
	t, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return mapError(err, "database")
	}
	defer t.Rollback() // nothing was changed
	return fn(&readTx{conn: &conn{q: t}, tenant: tenantID})
}

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, tenantID string, fn func(store.Tx) error) error {
	t := &tx{readTx: readTx{tenant: tenantID}}
	return s.writer.run(ctx, func(c *conn) (err error) {
		t.conn = c
		if t.seq, err = t.readTx.LastSeq(ctx); err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		return t.saveSeq(ctx)
	}, func() {
		if len(t.events) > 0 && s.committed != nil {
			s.committed(tenantID, t.events)
		}
	})
}

// change runs a job that belongs to no tenant's log.
func (s *Store) change(ctx context.Context, job func(*conn) error) error {
	return s.writer.run(ctx, job, nil)
}

// reader reads outside any transaction.
func (s *Store) reader() *conn { return &conn{q: s.read} }
