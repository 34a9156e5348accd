package sqlite

import (
	"context"
	"database/sql"
	"math"
	"slices"

	"github.com/agentportal/portal"
)

const messageColumns = `id, version, seq, conversation_id, direction, type, text, media_url, media_id, mime_type, filename,
	status, error_code, error_message, attempts, wamid, client_id, author_type, author_id, author_name,
	created_at, sent_at, delivered_at, read_at`

func scanMessage(row scanner) (*portal.Message, error) {
	var (
		m                     portal.Message
		code, reason          sql.NullString
		created               int64
		sent, delivered, read nullTime
	)
	err := row.Scan(&m.ID, &m.Version, &m.Seq, &m.ConversationID, &m.Direction, &m.Type, &m.Text, &m.MediaURL, &m.MediaID, &m.MimeType, &m.Filename,
		&m.Status, &code, &reason, &m.Attempts, &m.WAMID, &m.ClientID, &m.Author.Type, &m.Author.ID, &m.Author.Name,
		&created, &sent, &delivered, &read)
	if err != nil {
		return nil, err
	}
	m.CreatedAt, m.SentAt, m.DeliveredAt, m.ReadAt = portal.UnixMilli(created), sent.time(), delivered.time(), read.time()
	m.Error = messageError(code, reason)
	return &m, nil
}

func messageError(code, reason sql.NullString) *portal.MessageError {
	if !code.Valid {
		return nil
	}
	return &portal.MessageError{Code: code.String, Message: reason.String}
}

// errorColumns are the two columns of e: NULL for none.
func errorColumns(e *portal.MessageError) (code, reason any) {
	if e == nil {
		return nil, nil
	}
	return e.Code, e.Message
}

// Message implements store.Messages.
func (t *readTx) Message(ctx context.Context, id string) (*portal.Message, error) {
	return one(ctx, t.conn, "message", scanMessage,
		`SELECT `+messageColumns+` FROM messages WHERE tenant_id = ? AND id = ?`, t.tenant, id)
}

// MessageByWAMID implements store.Messages.
func (t *readTx) MessageByWAMID(ctx context.Context, wamid string) (*portal.Message, error) {
	return one(ctx, t.conn, "message", scanMessage,
		`SELECT `+messageColumns+` FROM messages WHERE tenant_id = ? AND wamid = ?`, t.tenant, wamid)
}

// MessageByClientID implements store.Messages.
func (t *readTx) MessageByClientID(ctx context.Context, conversationID, clientID string) (*portal.Message, error) {
	return one(ctx, t.conn, "message", scanMessage,
		`SELECT `+messageColumns+` FROM messages WHERE tenant_id = ? AND conversation_id = ? AND client_id = ?`,
		t.tenant, conversationID, clientID)
}

// ListMessages implements store.Messages.
func (t *readTx) ListMessages(ctx context.Context, conversationID string, before int64, limit int) ([]*portal.Message, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	list, err := all(ctx, t.conn, "messages", scanMessage, `
		SELECT `+messageColumns+` FROM messages
		WHERE tenant_id = ? AND conversation_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
		t.tenant, conversationID, before, limit)
	slices.Reverse(list)
	return list, err
}

// RepliesAfter implements store.Messages.
func (t *readTx) RepliesAfter(ctx context.Context, conversationID string, after int64, exceptUserID string) ([]*portal.Message, error) {
	return all(ctx, t.conn, "messages", scanMessage, `
		SELECT `+messageColumns+` FROM messages
		WHERE tenant_id = ? AND conversation_id = ? AND seq > ? AND direction = 'outbound' AND author_id <> ? ORDER BY seq`,
		t.tenant, conversationID, after, exceptUserID)
}

// PutMessage implements store.MessageWriter.
func (t *tx) PutMessage(ctx context.Context, m *portal.Message) error {
	response, err := t.responseTime(ctx, m)
	if err != nil {
		return err
	}
	code, reason := errorColumns(m.Error)
	_, err = t.exec(ctx, "message", `
		INSERT INTO messages (tenant_id, id, version, seq, conversation_id, direction, type, text, media_url, media_id, mime_type, filename,
			status, error_code, error_message, attempts, wamid, client_id, author_type, author_id, author_name,
			created_at, sent_at, delivered_at, read_at, response_ms)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant_id, id) DO UPDATE SET
			version = excluded.version, seq = excluded.seq, conversation_id = excluded.conversation_id,
			direction = excluded.direction, type = excluded.type, text = excluded.text, media_url = excluded.media_url,
			media_id = excluded.media_id, mime_type = excluded.mime_type, filename = excluded.filename, status = excluded.status,
			error_code = excluded.error_code, error_message = excluded.error_message,
			attempts = MAX(attempts, excluded.attempts),
			wamid = excluded.wamid, client_id = excluded.client_id, author_type = excluded.author_type,
			author_id = excluded.author_id, author_name = excluded.author_name, created_at = excluded.created_at,
			sent_at = excluded.sent_at, delivered_at = excluded.delivered_at, read_at = excluded.read_at,
			response_ms = excluded.response_ms`,
		t.tenant, m.ID, m.Version, m.Seq, m.ConversationID, m.Direction, m.Type, m.Text, m.MediaURL, m.MediaID, m.MimeType, m.Filename,
		m.Status, code, reason, m.Attempts, m.WAMID, m.ClientID, m.Author.Type, m.Author.ID, m.Author.Name,
		m.CreatedAt.UnixMilli(), stamp(m.SentAt), stamp(m.DeliveredAt), stamp(m.ReadAt), response)
	return err
}

// responseTime is, for an outbound message that ends a turn, the time since the
// first inbound message that nothing outbound had followed; else nil. Threads
// only grow at their end, so it never changes once the message is there. Where
// the provider's clock runs ahead of ours it is 0, not negative.
func (t *tx) responseTime(ctx context.Context, m *portal.Message) (any, error) {
	if m.Direction != portal.Outbound {
		return nil, nil
	}
	first, err := all(ctx, t.conn, "messages", scalar[int64], `
		SELECT created_at FROM messages
		WHERE tenant_id = ?1 AND conversation_id = ?2 AND direction = 'inbound' AND seq < ?3
			AND seq > COALESCE((
				SELECT seq FROM messages
				WHERE tenant_id = ?1 AND conversation_id = ?2 AND direction = 'outbound' AND seq < ?3
				ORDER BY seq DESC LIMIT 1), 0)
		ORDER BY seq LIMIT 1`, t.tenant, m.ConversationID, m.Seq)
	if err != nil || len(first) == 0 {
		return nil, err
	}
	return max(0, m.CreatedAt.UnixMilli()-first[0]), nil
}
