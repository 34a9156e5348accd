package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/agentportal/portal"
)

// selectConversation joins what other rows know better: the contact, and the
// assignee's present name.
const selectConversation = `
	SELECT c.id, c.version, c.tenant_id, c.channel, ct.id, ct.wa_id, ct.name, c.status,
		c.assignee_id, COALESCE(u.name, c.assignee_name), c.unread_count, c.message_count,
		c.last_message, c.created_at, c.last_activity_at, c.closed_at
	FROM conversations c
	JOIN contacts ct ON ct.tenant_id = c.tenant_id AND ct.id = c.contact_id
	LEFT JOIN users u ON u.tenant_id = c.tenant_id AND u.id = c.assignee_id`

func scanConversation(row scanner) (*portal.Conversation, error) {
	var (
		c                           portal.Conversation
		assignee, name, lastMessage sql.NullString
		created, active             int64
		closed                      nullTime
	)
	err := row.Scan(&c.ID, &c.Version, &c.TenantID, &c.Channel, &c.Contact.ID, &c.Contact.WaID, &c.Contact.Name, &c.Status,
		&assignee, &name, &c.UnreadCount, &c.MessageCount, &lastMessage, &created, &active, &closed)
	if err != nil {
		return nil, err
	}
	c.CreatedAt, c.LastActivityAt, c.ClosedAt = portal.UnixMilli(created), portal.UnixMilli(active), closed.time()
	if assignee.Valid {
		c.Assignee = &portal.Person{ID: assignee.String, Name: name.String}
	}
	if lastMessage.Valid {
		err = json.Unmarshal([]byte(lastMessage.String), &c.LastMessage)
	}
	return &c, err
}

// Conversation implements store.Conversations.
func (t *readTx) Conversation(ctx context.Context, id string) (*portal.Conversation, error) {
	return one(ctx, t.conn, "conversation", scanConversation,
		selectConversation+` WHERE c.tenant_id = ? AND c.id = ?`, t.tenant, id)
}

// ConversationsOf implements store.Conversations.
func (t *readTx) ConversationsOf(ctx context.Context, contactID string) ([]*portal.Conversation, error) {
	return all(ctx, t.conn, "conversations", scanConversation,
		selectConversation+` WHERE c.tenant_id = ? AND c.contact_id = ? ORDER BY c.created_at, c.id`, t.tenant, contactID)
}

// ActiveConversation implements store.Conversations.
func (t *readTx) ActiveConversation(ctx context.Context, contactID string) (*portal.Conversation, error) {
	return one(ctx, t.conn, "conversation", scanConversation,
		selectConversation+` WHERE c.tenant_id = ? AND c.contact_id = ? AND c.status = 'active'`, t.tenant, contactID)
}

// UnreadTotal implements store.Conversations. It reads only the index entries
// of unread conversations.
func (t *readTx) UnreadTotal(ctx context.Context) (int, error) {
	return one(ctx, t.conn, "conversations", scalar[int], `
		SELECT COALESCE(SUM(unread_count), 0) FROM conversations INDEXED BY conversations_unread
		WHERE tenant_id = ? AND unread_count > 0`, t.tenant)
}

// PutConversation implements store.ConversationWriter.
func (t *tx) PutConversation(ctx context.Context, c *portal.Conversation) error {
	var assignee, name, lastMessage any
	if c.Assignee != nil {
		assignee, name = c.Assignee.ID, c.Assignee.Name
	}
	if c.LastMessage != nil {
		b, err := json.Marshal(c.LastMessage)
		if err != nil {
			return portal.Errorf(portal.Internal, "last message: %w", err)
		}
		lastMessage = string(b)
	}
	_, err := t.exec(ctx, "conversation", `
		INSERT INTO conversations (tenant_id, id, contact_id, version, channel, status, assignee_id, assignee_name,
			unread_count, message_count, created_at, last_activity_at, closed_at, last_message)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant_id, id) DO UPDATE SET
			contact_id = excluded.contact_id, version = excluded.version, channel = excluded.channel,
			status = excluded.status, assignee_id = excluded.assignee_id, assignee_name = excluded.assignee_name,
			unread_count = excluded.unread_count, message_count = excluded.message_count,
			created_at = excluded.created_at, last_activity_at = excluded.last_activity_at,
			closed_at = excluded.closed_at, last_message = excluded.last_message`,
		t.tenant, c.ID, c.Contact.ID, c.Version, c.Channel, c.Status, assignee, name,
		c.UnreadCount, c.MessageCount, c.CreatedAt.UnixMilli(), c.LastActivityAt.UnixMilli(), stamp(c.ClosedAt), lastMessage)
	return err
}
