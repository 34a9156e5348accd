package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// dueSends finds the earliest send of each contact, if it is due. A send that
// is leased or waits for its next attempt is due later and, being its contact's
// earliest, holds back those behind it.
const dueSends = `
	SELECT s.tenant_id, s.message_id, m.conversation_id, s.contact_id, COALESCE(ct.wa_id, ''), m.text,
		t.phone_number_id, t.display_phone_number, t.access_token, t.app_secret, t.verify_token, s.attempts + 1, s.queued_at
	FROM sends s
	JOIN tenants t ON t.id = s.tenant_id
	JOIN messages m ON m.tenant_id = s.tenant_id AND m.id = s.message_id
	JOIN contacts ct ON ct.tenant_id = s.tenant_id AND ct.id = s.contact_id
	WHERE (s.due_at <= ? OR s.due_at > ?) AND NOT EXISTS (
		SELECT 1 FROM sends e WHERE e.tenant_id = s.tenant_id AND e.contact_id = s.contact_id AND e.id < s.id)
	ORDER BY s.due_at, s.id LIMIT ?`

func scanSend(row scanner) (s store.Send, err error) {
	var (
		number sql.NullString
		queued int64
	)
	w := &s.Channel
	err = row.Scan(&s.TenantID, &s.MessageID, &s.ConversationID, &s.ContactID, &s.WaID, &s.Text,
		&number, &w.DisplayPhoneNumber, &w.AccessToken, &w.AppSecret, &w.VerifyToken, &s.Attempts, &queued)
	w.PhoneNumberID, s.QueuedAt = number.String, portal.UnixMilli(queued).Std()
	return s, err
}

// ClaimSends implements store.Outgoing.
func (s *Store) ClaimSends(ctx context.Context, now time.Time, lease time.Duration, limit int) (claimed []store.Send, err error) {
	at, farthest := portal.At(now).UnixMilli(), portal.At(now.Add(store.FarthestSend)).UnixMilli()
	// Most polls find nothing. Asking a reader first keeps them off the writer.
	due, err := all(ctx, s.reader(), "sends", scalar[int], `SELECT 1 FROM sends WHERE due_at <= ? OR due_at > ? LIMIT 1`, at, farthest)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	err = s.change(ctx, func(c *conn) error {
		if claimed, err = all(ctx, c, "sends", scanSend, dueSends, at, farthest, limit); err != nil {
			return err
		}
		for _, send := range claimed {
			if err := leaseSend(ctx, c, send, at+lease.Milliseconds()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// leaseSend leases one send and counts the attempt, on the message, too.
func leaseSend(ctx context.Context, c *conn, send store.Send, until int64) error {
	if err := c.must(ctx, "send", `UPDATE sends SET attempts = ?, due_at = ?, leased = 1 WHERE tenant_id = ? AND message_id = ?`,
		send.Attempts, until, send.TenantID, send.MessageID); err != nil {
		return err
	}
	return c.must(ctx, "message", `UPDATE messages SET attempts = ? WHERE tenant_id = ? AND id = ?`,
		send.Attempts, send.TenantID, send.MessageID)
}

// DelaySend implements store.Outgoing.
func (s *Store) DelaySend(ctx context.Context, tenantID, messageID string, next time.Time) error {
	return s.change(ctx, func(c *conn) error {
		return c.must(ctx, "send", `UPDATE sends SET due_at = ?, leased = 0 WHERE tenant_id = ? AND message_id = ?`,
			portal.At(next).UnixMilli(), tenantID, messageID)
	})
}

// endLeases makes due what a process that crashed had leased: the one that serves the file now is the only one.
func (s *Store) endLeases(ctx context.Context) error {
	return s.change(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "sends", `UPDATE sends SET due_at = queued_at, leased = 0 WHERE leased = 1`)
		return err
	})
}
