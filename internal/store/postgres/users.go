package postgres

import (
	"context"

	"github.com/agentportal/portal"
)

const userColumns = `id, tenant_id, email, name, role, password_hash`

func scanUser(row scanner) (u portal.User, err error) {
	err = row.Scan(&u.ID, &u.TenantID, &u.Email, &u.Name, &u.Role, &u.PasswordHash)
	return u, err
}

// Users implements store.ReadTx.
func (t *readTx) Users(ctx context.Context) ([]portal.User, error) {
	return all(ctx, t.conn, "users", scanUser,
		`SELECT `+userColumns+` FROM users WHERE tenant_id = $1 ORDER BY name, id`, t.tenant)
}

// User implements store.ReadTx.
func (t *readTx) User(ctx context.Context, id string) (portal.User, error) {
	return one(ctx, t.conn, "user", scanUser,
		`SELECT `+userColumns+` FROM users WHERE tenant_id = $1 AND id = $2`, t.tenant, id)
}

// PutUser implements store.UserWriter.
func (t *tx) PutUser(ctx context.Context, u portal.User) error {
	_, err := t.exec(ctx, "a user with this email", `
		INSERT INTO users (tenant_id, id, email, name, role, password_hash) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (tenant_id, id) DO UPDATE SET
			email = excluded.email, name = excluded.name, role = excluded.role, password_hash = excluded.password_hash`,
		t.tenant, u.ID, u.Email, u.Name, u.Role, u.PasswordHash)
	return err
}

// UserByEmail implements store.Directory.
func (s *Store) UserByEmail(ctx context.Context, email string) (portal.User, error) {
	return one(ctx, s.pooled(), "user", scanUser, `SELECT `+userColumns+` FROM users WHERE email = $1`, email)
}
