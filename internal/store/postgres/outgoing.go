package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// clocksApart is how far nodes' clocks may differ: for so long a lease that ran
// out is left to a lessor that runs. One that stands still loses it then.
const clocksApart = 5 * time.Minute

// claimSends leases the earliest send of each contact, if it is due, and counts
// the attempt. A send that is leased or waits for its next attempt is due later
// and, being its contact's earliest, holds back those behind it. Of nodes that
// claim at once each skips what another has locked; what that one has leased is
// seen to be due later, and while it runs, later still: its clock may be behind.
var claimSends = `
	WITH due AS (
		SELECT s.id FROM sends s
		WHERE (s.due_at <= $1 OR s.due_at > $5)
			AND (s.lessor IS NULL OR s.lessor = $4 OR s.due_at <= $6 OR s.lessor NOT IN (` + runningLessors + `))
			AND NOT EXISTS (
			SELECT 1 FROM sends e WHERE e.tenant_id = s.tenant_id AND e.contact_id = s.contact_id AND e.id < s.id)
		ORDER BY s.due_at, s.id LIMIT $2
		FOR UPDATE SKIP LOCKED),
	leased AS (
		UPDATE sends s SET attempts = attempts + 1, due_at = $3, lessor = $4 FROM due WHERE s.id = due.id
		RETURNING s.id, s.tenant_id, s.message_id, s.contact_id, s.attempts, s.queued_at),
	counted AS (
		UPDATE messages m SET attempts = l.attempts FROM leased l WHERE m.tenant_id = l.tenant_id AND m.id = l.message_id
		RETURNING l.id, m.conversation_id, m.text)
	SELECT l.tenant_id, l.message_id, m.conversation_id, l.contact_id, COALESCE(ct.wa_id, ''), m.text,
		t.phone_number_id, t.display_phone_number, t.access_token, t.app_secret, t.verify_token, l.attempts, l.queued_at
	FROM leased l
	JOIN counted m ON m.id = l.id
	JOIN tenants t ON t.id = l.tenant_id
	JOIN contacts ct ON ct.tenant_id = l.tenant_id AND ct.id = l.contact_id
	ORDER BY l.id`

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
func (s *Store) ClaimSends(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]store.Send, error) {
	at := portal.At(now).UnixMilli()
	farthest, apart := now.Add(store.FarthestSend).UnixMilli(), now.Add(-clocksApart).UnixMilli()
	return all(ctx, s.pooled(), "sends", scanSend, claimSends, at, limit, at+lease.Milliseconds(), s.presence.lessor(), farthest, apart)
}

// DelaySend implements store.Outgoing.
func (s *Store) DelaySend(ctx context.Context, tenantID, messageID string, next time.Time) error {
	return s.pooled().must(ctx, "send", `UPDATE sends SET due_at = $1, lessor = NULL WHERE tenant_id = $2 AND message_id = $3`,
		portal.At(next).UnixMilli(), tenantID, messageID)
}
