package sqlite

import (
	"context"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

func scanContact(row scanner) (c portal.Contact, err error) {
	err = row.Scan(&c.ID, &c.WaID, &c.Name)
	return c, err
}

// ContactByWaID implements store.Contacts.
func (t *readTx) ContactByWaID(ctx context.Context, waID string) (portal.Contact, error) {
	return one(ctx, t.conn, "contact", scanContact,
		`SELECT id, wa_id, name FROM contacts WHERE tenant_id = ? AND wa_id = ?`, t.tenant, waID)
}

// PutContact implements store.ContactWriter.
func (t *tx) PutContact(ctx context.Context, c portal.Contact, at portal.Time) error {
	_, err := t.exec(ctx, "contact", `
		INSERT INTO contacts (tenant_id, id, wa_id, name, folded, updated_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant_id, id) DO UPDATE SET
			wa_id = excluded.wa_id, name = excluded.name, folded = excluded.folded, updated_at = excluded.updated_at`,
		t.tenant, c.ID, c.WaID, c.Name, store.Fold(c.Name), at.UnixMilli())
	return err
}
