package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

const recoveryColumns = `pid, sid, tenant_id, user_id, auth_session_id, start, generation, node, confirmed, updated_at, rooms`

func scanRecovery(row scanner) (r store.RecoverySession, err error) {
	var (
		updated int64
		rooms   []byte
	)
	err = row.Scan(&r.PID, &r.SID, &r.TenantID, &r.UserID, &r.AuthSessionID, &r.Start, &r.Generation, &r.Node, &r.Confirmed, &updated, &rooms)
	if err != nil {
		return r, err
	}
	r.UpdatedAt = portal.UnixMilli(updated).Std()
	return r, json.Unmarshal(rooms, &r.Rooms)
}

// roomsColumn is JSON, and an empty object for no rooms.
func roomsColumn(rooms map[string]int64) string {
	if len(rooms) == 0 {
		return "{}"
	}
	b, _ := json.Marshal(rooms) // strings and integers always can be
	return string(b)
}

// PutRecovery implements store.RecoverySessions.
func (s *Store) PutRecovery(ctx context.Context, r store.RecoverySession) error {
	_, err := s.pooled().exec(ctx, "recovery session", `
		INSERT INTO recovery_sessions (`+recoveryColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (pid) DO UPDATE SET sid = excluded.sid, tenant_id = excluded.tenant_id, user_id = excluded.user_id,
			auth_session_id = excluded.auth_session_id, start = excluded.start, generation = excluded.generation,
			node = excluded.node, confirmed = excluded.confirmed, updated_at = excluded.updated_at, rooms = excluded.rooms`,
		r.PID, r.SID, r.TenantID, r.UserID, r.AuthSessionID, r.Start, r.Generation, r.Node, r.Confirmed,
		portal.At(r.UpdatedAt).UnixMilli(), roomsColumn(r.Rooms))
	return err
}

// Recovery implements store.RecoverySessions.
func (s *Store) Recovery(ctx context.Context, pid string) (store.RecoverySession, error) {
	return one(ctx, s.pooled(), "recovery session", scanRecovery, `SELECT `+recoveryColumns+` FROM recovery_sessions WHERE pid = $1`, pid)
}

// TakeRecovery implements store.RecoverySessions.
func (s *Store) TakeRecovery(ctx context.Context, pid, node string, at time.Time) (store.RecoverySession, error) {
	return one(ctx, s.pooled(), "recovery session", scanRecovery, `
		UPDATE recovery_sessions SET generation = generation + 1, node = $1, updated_at = $2 WHERE pid = $3
		RETURNING `+recoveryColumns, node, portal.At(at).UnixMilli(), pid)
}

// SetRecoveryRooms implements store.RecoverySessions.
func (s *Store) SetRecoveryRooms(ctx context.Context, pid string, generation int64, rooms map[string]int64, at time.Time) error {
	return s.changeRecovery(ctx, pid, generation, `rooms = $3, updated_at = $4`, roomsColumn(rooms), portal.At(at).UnixMilli())
}

// ConfirmRecovery implements store.RecoverySessions.
func (s *Store) ConfirmRecovery(ctx context.Context, pid string, generation, confirmed int64, at time.Time) error {
	return s.changeRecovery(ctx, pid, generation, `confirmed = $3, updated_at = $4`, confirmed, portal.At(at).UnixMilli())
}

// changeRecovery sets columns if the generation is still the session's.
func (s *Store) changeRecovery(ctx context.Context, pid string, generation int64, set string, values ...any) error {
	n, err := s.pooled().exec(ctx, "recovery session",
		`UPDATE recovery_sessions SET `+set+` WHERE pid = $1 AND generation = $2`, append([]any{pid, generation}, values...)...)
	if err != nil || n > 0 {
		return err
	}
	if _, err := s.Recovery(ctx, pid); err != nil {
		return err
	}
	return portal.Errorf(portal.Conflict, "another connection has taken the recovery session over")
}

// DeleteRecovery implements store.RecoverySessions.
func (s *Store) DeleteRecovery(ctx context.Context, pid string) error {
	_, err := s.pooled().exec(ctx, "recovery session", `DELETE FROM recovery_sessions WHERE pid = $1`, pid)
	return err
}

// DeleteRecoveryOfAuth implements store.RecoverySessions.
func (s *Store) DeleteRecoveryOfAuth(ctx context.Context, authSessionID string) error {
	_, err := s.pooled().exec(ctx, "recovery sessions", `DELETE FROM recovery_sessions WHERE auth_session_id = $1`, authSessionID)
	return err
}

// Generations implements store.RecoverySessions.
func (s *Store) Generations(ctx context.Context, pids []string) (map[string]int64, error) {
	type generation struct {
		pid string
		n   int64
	}
	found, err := all(ctx, s.pooled(), "recovery sessions", func(row scanner) (g generation, err error) {
		err = row.Scan(&g.pid, &g.n)
		return g, err
	}, `SELECT pid, generation FROM recovery_sessions WHERE pid = ANY ($1)`, pids)
	if err != nil {
		return nil, err
	}
	generations := make(map[string]int64, len(found))
	for _, g := range found {
		generations[g.pid] = g.n
	}
	return generations, nil
}
