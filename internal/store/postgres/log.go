package postgres

import (
	"context"

	"github.com/agentportal/portal"
	"github.com/jackc/pgx/v5"
)

const eventColumns = `seq, type, conversation_id, at, body`

func scanEvent(row scanner) (e portal.Event, err error) {
	var at int64
	err = row.Scan(&e.Seq, &e.Type, &e.ConversationID, &at, (*[]byte)(&e.Body))
	e.At = portal.UnixMilli(at)
	return e, err
}

// LastSeq implements store.Log.
func (t *readTx) LastSeq(ctx context.Context) (int64, error) {
	return one(ctx, t.conn, "tenant", scalar[int64], `SELECT last_seq FROM tenants WHERE id = $1`, t.tenant)
}

// FirstSeq implements store.Log.
func (t *readTx) FirstSeq(ctx context.Context) (int64, error) {
	return one(ctx, t.conn, "tenant", scalar[int64], `
		SELECT COALESCE((SELECT seq FROM events WHERE tenant_id = $1 ORDER BY seq LIMIT 1), last_seq + 1)
		FROM tenants WHERE id = $1`, t.tenant)
}

// Events implements store.Log.
func (t *readTx) Events(ctx context.Context, after int64, limit int) ([]portal.Event, error) {
	return all(ctx, t.conn, "events", scanEvent, `
		SELECT `+eventColumns+` FROM events
		WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, t.tenant, after, limit)
}

// ConversationEvents implements store.Log.
func (t *readTx) ConversationEvents(ctx context.Context, conversationID string, after int64, limit int) ([]portal.Event, error) {
	return all(ctx, t.conn, "events", scanEvent, `
		SELECT `+eventColumns+` FROM events
		WHERE tenant_id = $1 AND conversation_id = $2 AND in_room AND seq > $3 ORDER BY seq LIMIT $4`,
		t.tenant, conversationID, after, limit)
}

// LastSeq includes what this transaction has appended.
func (t *tx) LastSeq(context.Context) (int64, error) { return t.seq, nil }

// FirstSeq includes what this transaction has appended.
func (t *tx) FirstSeq(ctx context.Context) (int64, error) {
	if err := t.flush(ctx); err != nil {
		return 0, err
	}
	return t.readTx.FirstSeq(ctx)
}

// Events includes what this transaction has appended.
func (t *tx) Events(ctx context.Context, after int64, limit int) ([]portal.Event, error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	return t.readTx.Events(ctx, after, limit)
}

// ConversationEvents includes what this transaction has appended.
func (t *tx) ConversationEvents(ctx context.Context, conversationID string, after int64, limit int) ([]portal.Event, error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	return t.readTx.ConversationEvents(ctx, conversationID, after, limit)
}

// NextSeq implements store.LogWriter.
func (t *tx) NextSeq(context.Context) (int64, error) { return t.seq + 1, nil }

// Append implements store.LogWriter. Events are kept here until they are read
// or committed, and then written in one round trip.
func (t *tx) Append(_ context.Context, e portal.Event) error {
	if t.failed != nil {
		return t.failed
	}
	if e.Seq != t.seq+1 {
		t.failed = portal.Errorf(portal.Internal, "event %d appended where %d is next", e.Seq, t.seq+1)
		return t.failed
	}
	t.seq = e.Seq
	t.events = append(t.events, e)
	return nil
}

// flush writes what was appended, and the tenant's counter.
func (t *tx) flush(ctx context.Context) error {
	if t.written == len(t.events) {
		return nil
	}
	var b pgx.Batch
	for _, e := range t.events[t.written:] {
		b.Queue(`
			INSERT INTO events (tenant_id, seq, at, type, conversation_id, in_room, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			t.tenant, e.Seq, e.At.UnixMilli(), e.Type, e.ConversationID, e.Type.InConversationRoom(), []byte(e.Body))
	}
	b.Queue(`UPDATE tenants SET last_seq = $1 WHERE id = $2`, t.seq, t.tenant)
	t.written = len(t.events)
	return t.batch(ctx, "event", &b)
}
