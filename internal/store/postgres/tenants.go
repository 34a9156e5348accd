package postgres

import (
	"context"
	"database/sql"

	"github.com/agentportal/portal"
)

const tenantColumns = `id, name, phone_number_id, display_phone_number, access_token, app_secret, verify_token`

func scanTenant(row scanner) (t portal.Tenant, err error) {
	var number sql.NullString
	w := &t.WhatsApp
	err = row.Scan(&t.ID, &t.Name, &number, &w.DisplayPhoneNumber, &w.AccessToken, &w.AppSecret, &w.VerifyToken)
	w.PhoneNumberID = number.String
	return t, err
}

// numberColumn is NULL for a tenant without a channel, so that several may be so.
func numberColumn(w portal.WhatsApp) any {
	if w.PhoneNumberID == "" {
		return nil
	}
	return w.PhoneNumberID
}

// Tenant implements store.ReadTx.
func (t *readTx) Tenant(ctx context.Context) (portal.Tenant, error) {
	return one(ctx, t.conn, "tenant", scanTenant, `SELECT `+tenantColumns+` FROM tenants WHERE id = $1`, t.tenant)
}

// PutWhatsApp implements store.UserWriter.
func (t *tx) PutWhatsApp(ctx context.Context, w portal.WhatsApp) error {
	return t.must(ctx, "a tenant with this phone number id", `
		UPDATE tenants SET phone_number_id = $1, display_phone_number = $2, access_token = $3, app_secret = $4, verify_token = $5
		WHERE id = $6`, numberColumn(w), w.DisplayPhoneNumber, w.AccessToken, w.AppSecret, w.VerifyToken, t.tenant)
}

// Tenants implements store.Directory.
func (s *Store) Tenants(ctx context.Context) ([]portal.Tenant, error) {
	return all(ctx, s.pooled(), "tenants", scanTenant, `SELECT `+tenantColumns+` FROM tenants ORDER BY id`)
}

// TenantByPhoneNumberID implements store.Directory.
func (s *Store) TenantByPhoneNumberID(ctx context.Context, phoneNumberID string) (portal.Tenant, error) {
	return one(ctx, s.pooled(), "tenant", scanTenant,
		`SELECT `+tenantColumns+` FROM tenants WHERE phone_number_id = $1`, phoneNumberID)
}

// PutTenant implements store.Directory.
func (s *Store) PutTenant(ctx context.Context, t portal.Tenant) error {
	w := t.WhatsApp
	_, err := s.pooled().exec(ctx, "a tenant with this phone number id", `
		INSERT INTO tenants (id, name, phone_number_id, display_phone_number, access_token, app_secret, verify_token)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, phone_number_id = excluded.phone_number_id,
			display_phone_number = excluded.display_phone_number, access_token = excluded.access_token,
			app_secret = excluded.app_secret, verify_token = excluded.verify_token`,
		t.ID, t.Name, numberColumn(w), w.DisplayPhoneNumber, w.AccessToken, w.AppSecret, w.VerifyToken)
	return err
}
