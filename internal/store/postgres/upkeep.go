package postgres

import (
	"context"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// TrimEvents implements store.Upkeep. Each tenant's log is cut from its start
// only, so what is left has no gap even if the clock went back.
func (s *Store) TrimEvents(ctx context.Context, before time.Time, limit int) (trimmed int, err error) {
	cut := portal.At(before).UnixMilli()
	tenants, err := all(ctx, s.pooled(), "events", scalar[string], `
		SELECT t.id FROM tenants t
		JOIN events e ON e.tenant_id = t.id AND e.seq = (SELECT MIN(f.seq) FROM events f WHERE f.tenant_id = t.id)
		WHERE e.at < $1 ORDER BY e.at`, cut)
	if err != nil {
		return 0, err
	}
	for _, tenant := range tenants {
		n, err := s.trim(ctx, tenant, cut, limit-trimmed)
		trimmed += n
		if err != nil || trimmed >= limit {
			return trimmed, err
		}
	}
	return trimmed, nil
}

// trim cuts one tenant's log.
func (s *Store) trim(ctx context.Context, tenant string, cut int64, limit int) (int, error) {
	type position struct{ seq, at int64 }
	oldest, err := all(ctx, s.pooled(), "events", func(row scanner) (p position, err error) {
		err = row.Scan(&p.seq, &p.at)
		return p, err
	}, `SELECT seq, at FROM events WHERE tenant_id = $1 ORDER BY seq LIMIT $2`, tenant, limit)
	if err != nil {
		return 0, err
	}
	n := 0
	for n < len(oldest) && oldest[n].at < cut {
		n++
	}
	if n == 0 {
		return 0, nil
	}
	_, err = s.pooled().exec(ctx, "events", `DELETE FROM events WHERE tenant_id = $1 AND seq <= $2`, tenant, oldest[n-1].seq)
	return n, err
}

// Figures implements store.Upkeep. A log has no gap, so its ends tell its length.
func (s *Store) Figures(ctx context.Context) (store.Figures, error) {
	return one(ctx, s.pooled(), "figures", func(row scanner) (f store.Figures, err error) {
		var event, send nullTime
		err = row.Scan(&f.Events, &event, &f.SendsWaiting, &send, &f.ParkedReports)
		f.OldestEvent, f.OldestSend = event.time().Std(), send.time().Std()
		return f, err
	}, `
		SELECT COALESCE(SUM(t.last_seq + 1 - e.seq), 0)::bigint, MIN(e.at),
			(SELECT COUNT(*) FROM sends), (SELECT MIN(queued_at) FROM sends), (SELECT COUNT(*) FROM parked_reports)
		FROM tenants t
		JOIN events e ON e.tenant_id = t.id AND e.seq = (SELECT MIN(f.seq) FROM events f WHERE f.tenant_id = t.id)`)
}

// Heads implements store.Upkeep.
func (s *Store) Heads(ctx context.Context) (map[string]int64, error) {
	type head struct {
		tenant string
		seq    int64
	}
	list, err := all(ctx, s.pooled(), "tenants", func(row scanner) (h head, err error) {
		err = row.Scan(&h.tenant, &h.seq)
		return h, err
	}, `SELECT id, last_seq FROM tenants`)
	if err != nil {
		return nil, err
	}
	heads := make(map[string]int64, len(list))
	for _, h := range list {
		heads[h.tenant] = h.seq
	}
	return heads, nil
}

// DeleteExpired implements store.Upkeep. What is used again just now isn't
// expired any more: only the outer condition is looked at again after a wait.
func (s *Store) DeleteExpired(ctx context.Context, now, recoveryBefore time.Time, limit int) (int, error) {
	c := s.pooled()
	n, err := c.exec(ctx, "sessions", `DELETE FROM auth_sessions WHERE expires_at <= $1 AND id IN (SELECT id FROM auth_sessions WHERE expires_at <= $1 LIMIT $2)`,
		portal.At(now).UnixMilli(), limit)
	if err != nil {
		return 0, err
	}
	m, err := c.exec(ctx, "recovery sessions", `DELETE FROM recovery_sessions WHERE updated_at < $1 AND pid IN (SELECT pid FROM recovery_sessions WHERE updated_at < $1 LIMIT $2)`,
		portal.At(recoveryBefore).UnixMilli(), limit-int(n))
	return int(n + m), err
}
