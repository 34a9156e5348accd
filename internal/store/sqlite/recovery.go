package sqlite

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
	return s.change(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "recovery session",
			`INSERT OR REPLACE INTO recovery_sessions (`+recoveryColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.PID, r.SID, r.TenantID, r.UserID, r.AuthSessionID, r.Start, r.Generation, r.Node, r.Confirmed,
			portal.At(r.UpdatedAt).UnixMilli(), roomsColumn(r.Rooms))
		return err
	})
}

// Recovery implements store.RecoverySessions.
func (s *Store) Recovery(ctx context.Context, pid string) (store.RecoverySession, error) {
	return recovery(ctx, s.reader(), pid)
}

func recovery(ctx context.Context, c *conn, pid string) (store.RecoverySession, error) {
	return one(ctx, c, "recovery session", scanRecovery, `SELECT `+recoveryColumns+` FROM recovery_sessions WHERE pid = ?`, pid)
}

// TakeRecovery implements store.RecoverySessions.
func (s *Store) TakeRecovery(ctx context.Context, pid, node string, at time.Time) (r store.RecoverySession, err error) {
	err = s.change(ctx, func(c *conn) error {
		r, err = one(ctx, c, "recovery session", scanRecovery, `
			UPDATE recovery_sessions SET generation = generation + 1, node = ?, updated_at = ? WHERE pid = ?
			RETURNING `+recoveryColumns, node, portal.At(at).UnixMilli(), pid)
		return err
	})
	return r, err
}

// SetRecoveryRooms implements store.RecoverySessions.
func (s *Store) SetRecoveryRooms(ctx context.Context, pid string, generation int64, rooms map[string]int64, at time.Time) error {
	return s.changeRecovery(ctx, pid, generation, `rooms = ?, updated_at = ?`, roomsColumn(rooms), portal.At(at).UnixMilli())
}

// ConfirmRecovery implements store.RecoverySessions.
func (s *Store) ConfirmRecovery(ctx context.Context, pid string, generation, confirmed int64, at time.Time) error {
	return s.changeRecovery(ctx, pid, generation, `confirmed = ?, updated_at = ?`, confirmed, portal.At(at).UnixMilli())
}

// changeRecovery sets columns if the generation is still the session's.
func (s *Store) changeRecovery(ctx context.Context, pid string, generation int64, set string, values ...any) error {
	return s.change(ctx, func(c *conn) error {
		n, err := c.exec(ctx, "recovery session",
			`UPDATE recovery_sessions SET `+set+` WHERE pid = ? AND generation = ?`, append(values, pid, generation)...)
		if err != nil || n > 0 {
			return err
		}
		if _, err := recovery(ctx, c, pid); err != nil {
			return err
		}
		return portal.Errorf(portal.Conflict, "another connection has taken the recovery session over")
	})
}

// DeleteRecovery implements store.RecoverySessions.
func (s *Store) DeleteRecovery(ctx context.Context, pid string) error {
	return s.change(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "recovery session", `DELETE FROM recovery_sessions WHERE pid = ?`, pid)
		return err
	})
}

// DeleteRecoveryOfAuth implements store.RecoverySessions.
func (s *Store) DeleteRecoveryOfAuth(ctx context.Context, authSessionID string) error {
	return s.change(ctx, func(c *conn) error {
		_, err := c.exec(ctx, "recovery sessions", `DELETE FROM recovery_sessions WHERE auth_session_id = ?`, authSessionID)
		return err
	})
}

// Generations implements store.RecoverySessions.
func (s *Store) Generations(ctx context.Context, pids []string) (map[string]int64, error) {
	type generation struct {
		pid string
		n   int64
	}
	list, _ := json.Marshal(pids) // strings always can be
	found, err := all(ctx, s.reader(), "recovery sessions", func(row scanner) (g generation, err error) {
		err = row.Scan(&g.pid, &g.n)
		return g, err
	}, `SELECT pid, generation FROM recovery_sessions WHERE pid IN (SELECT value FROM json_each(?))`, string(list))
	if err != nil {
		return nil, err
	}
	generations := make(map[string]int64, len(found))
	for _, g := range found {
		generations[g.pid] = g.n
	}
	return generations, nil
}
