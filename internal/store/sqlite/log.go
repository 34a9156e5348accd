package sqlite

import (
	"context"

	"github.com/agentportal/portal"
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
	return one(ctx, t.conn, "tenant", scalar[int64], `SELECT last_seq FROM tenants WHERE id = ?`, t.tenant)
}

// FirstSeq implements store.Log.
func (t *readTx) FirstSeq(ctx context.Context) (int64, error) {
	return one(ctx, t.conn, "tenant", scalar[int64], `
		SELECT COALESCE((SELECT seq FROM events WHERE tenant_id = ?1 ORDER BY seq LIMIT 1), last_seq + 1)
		FROM tenants WHERE id = ?1`, t.tenant)
}

// Events implements store.Log.
func (t *readTx) Events(ctx context.Context, after int64, limit int) ([]portal.Event, error) {
	return all(ctx, t.conn, "events", scanEvent, `
		SELECT `+eventColumns+` FROM events
		WHERE tenant_id = ? AND seq > ? ORDER BY seq LIMIT ?`, t.tenant, after, limit)
}

// ConversationEvents implements store.Log.
func (t *readTx) ConversationEvents(ctx context.Context, conversationID string, after int64, limit int) ([]portal.Event, error) {
	return all(ctx, t.conn, "events", scanEvent, `
		SELECT `+eventColumns+` FROM events
		WHERE tenant_id = ? AND conversation_id = ? AND in_room = 1 AND seq > ? ORDER BY seq LIMIT ?`,
		t.tenant, conversationID, after, limit)
}

// LastSeq includes what this transaction has appended.
func (t *tx) LastSeq(context.Context) (int64, error) { return t.seq, nil }

// FirstSeq includes what this transaction has appended.
func (t *tx) FirstSeq(ctx context.Context) (int64, error) {
	if err := t.saveSeq(ctx); err != nil {
		return 0, err
	}
	return t.readTx.FirstSeq(ctx)
}

// NextSeq implements store.LogWriter.
func (t *tx) NextSeq(context.Context) (int64, error) { return t.seq + 1, nil }

// Append implements store.LogWriter.
func (t *tx) Append(ctx context.Context, e portal.Event) error {
	if e.Seq != t.seq+1 {
		t.failed = portal.Errorf(portal.Internal, "event %d appended where %d is next", e.Seq, t.seq+1)
		return t.failed
	}
	_, err := t.exec(ctx, "event", `
		INSERT INTO events (tenant_id, seq, at, type, conversation_id, in_room, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		t.tenant, e.Seq, e.At.UnixMilli(), e.Type, e.ConversationID, e.Type.InConversationRoom(), []byte(e.Body))
	if err != nil {
		return err
	}
	t.seq = e.Seq
	t.events = append(t.events, e)
	return nil
}

// saveSeq writes the tenant's counter, once for all appended events.
func (t *tx) saveSeq(ctx context.Context) error {
	if len(t.events) == 0 {
		return nil
	}
	return t.must(ctx, "tenant", `UPDATE tenants SET last_seq = ? WHERE id = ?`, t.seq, t.tenant)
}
