package postgres

import (
	"context"

	"github.com/agentportal/portal"
)

// PutSend implements store.SendWriter.
func (t *tx) PutSend(ctx context.Context, messageID, contactID string, at portal.Time) error {
	_, err := t.exec(ctx, "send", `
		INSERT INTO sends (tenant_id, message_id, contact_id, queued_at, due_at) VALUES ($1, $2, $3, $4, $4)`,
		t.tenant, messageID, contactID, at.UnixMilli())
	return err
}

// DeleteSend implements store.SendWriter.
func (t *tx) DeleteSend(ctx context.Context, messageID string) error {
	_, err := t.exec(ctx, "send", `DELETE FROM sends WHERE tenant_id = $1 AND message_id = $2`, t.tenant, messageID)
	return err
}
