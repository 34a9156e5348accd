package postgres

import (
	"context"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

const authColumns = `id, tenant_id, user_id, refresh_hash, previous_hash, previous_until, created_at, expires_at, revoked_at`

func scanAuthSession(row scanner) (a store.AuthSession, err error) {
	var (
		created, expires int64
		previous, revoke nullTime
	)
	err = row.Scan(&a.ID, &a.TenantID, &a.UserID, &a.RefreshHash, &a.PreviousHash, &previous, &created, &expires, &revoke)
	a.CreatedAt, a.ExpiresAt = portal.UnixMilli(created).Std(), portal.UnixMilli(expires).Std()
	a.PreviousUntil, a.RevokedAt = previous.time().Std(), revoke.time().Std()
	return a, err
}

// CreateAuthSession implements store.AuthSessions.
func (s *Store) CreateAuthSession(ctx context.Context, a store.AuthSession) error {
	_, err := s.pooled().exec(ctx, "session", `INSERT INTO auth_sessions (`+authColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		a.ID, a.TenantID, a.UserID, a.RefreshHash, a.PreviousHash, instant(a.PreviousUntil),
		portal.At(a.CreatedAt).UnixMilli(), portal.At(a.ExpiresAt).UnixMilli(), instant(a.RevokedAt))
	return err
}

// AuthSession implements store.AuthSessions.
func (s *Store) AuthSession(ctx context.Context, id string) (store.AuthSession, error) {
	return authSession(ctx, s.pooled(), id)
}

func authSession(ctx context.Context, c *conn, id string) (store.AuthSession, error) {
	return one(ctx, c, "session", scanAuthSession, `SELECT `+authColumns+` FROM auth_sessions WHERE id = $1`, id)
}

// AuthSessionByRefresh implements store.AuthSessions.
func (s *Store) AuthSessionByRefresh(ctx context.Context, hash []byte) (store.AuthSession, error) {
	return one(ctx, s.pooled(), "session", scanAuthSession,
		`SELECT `+authColumns+` FROM auth_sessions WHERE refresh_hash = $1 OR previous_hash = $1`, hash)
}

// RotateRefresh implements store.AuthSessions.
func (s *Store) RotateRefresh(ctx context.Context, id string, old, next []byte, previousUntil, expiresAt time.Time) error {
	n, err := s.pooled().exec(ctx, "session", `
		UPDATE auth_sessions SET refresh_hash = $1, previous_hash = $2, previous_until = $3, expires_at = $4
		WHERE id = $5 AND refresh_hash = $2`, next, old, instant(previousUntil), portal.At(expiresAt).UnixMilli(), id)
	if err != nil || n > 0 {
		return err
	}
	if _, err := s.AuthSession(ctx, id); err != nil {
		return err
	}
	return portal.Errorf(portal.Conflict, "the refresh token has been replaced already")
}

// RevokeAuthSession implements store.AuthSessions.
func (s *Store) RevokeAuthSession(ctx context.Context, id string, at time.Time) error {
	return s.pooled().must(ctx, "session",
		`UPDATE auth_sessions SET revoked_at = COALESCE(revoked_at, $1) WHERE id = $2`, portal.At(at).UnixMilli(), id)
}

// RevokeSessionsOf implements store.UserWriter.
func (t *tx) RevokeSessionsOf(ctx context.Context, userID, except string, at portal.Time) error {
	_, err := t.exec(ctx, "sessions",
		`UPDATE auth_sessions SET revoked_at = $1 WHERE tenant_id = $2 AND user_id = $3 AND id <> $4 AND revoked_at IS NULL`,
		at.UnixMilli(), t.tenant, userID, except)
	return err
}

// RevokedSince implements store.AuthSessions.
func (s *Store) RevokedSince(ctx context.Context, after time.Time) ([]string, error) {
	return all(ctx, s.pooled(), "sessions", scalar[string],
		`SELECT id FROM auth_sessions WHERE revoked_at >= $1 ORDER BY revoked_at, id`, portal.At(after).UnixMilli())
}
