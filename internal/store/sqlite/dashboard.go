package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// Metrics implements store.Dashboard.
func (t *readTx) Metrics(ctx context.Context, from, to portal.Time) (m store.Metrics, err error) {
	m, err = one(ctx, t.conn, "metrics", func(row scanner) (m store.Metrics, err error) {
		err = row.Scan(&m.Active, &m.Closed, &m.Unassigned)
		return m, err
	}, `
		SELECT COUNT(*) FILTER (WHERE status = 'active'), COUNT(*) FILTER (WHERE status = 'closed'),
			COUNT(*) FILTER (WHERE status = 'active' AND assignee_id IS NULL)
		FROM conversations INDEXED BY conversations_activity WHERE tenant_id = ?`, t.tenant)
	if err != nil {
		return m, err
	}
	return one(ctx, t.conn, "metrics", func(row scanner) (store.Metrics, error) {
		var average sql.NullFloat64
		err := row.Scan(&m.TotalMessages, &m.FailedDeliveries, &average)
		if average.Valid {
			d := time.Duration(average.Float64 * float64(time.Millisecond))
			m.AvgResponse = &d
		}
		return m, err
	}, `
		SELECT COUNT(*), COUNT(*) FILTER (WHERE direction = 'outbound' AND status = 'failed'), AVG(response_ms)
		FROM messages INDEXED BY messages_figures
		WHERE tenant_id = ? AND created_at >= ? AND created_at < ?`, t.tenant, from.UnixMilli(), to.UnixMilli())
}

// Series implements store.Dashboard.
func (t *readTx) Series(ctx context.Context, from portal.Time, width time.Duration, n int) ([]store.Bucket, error) {
	type counted struct {
		at int
		store.Bucket
	}
	start, w := from.UnixMilli(), width.Milliseconds()
	found, err := all(ctx, t.conn, "series", func(row scanner) (c counted, err error) {
		err = row.Scan(&c.at, &c.Inbound, &c.Outbound, &c.Delivered, &c.Failed)
		return c, err
	}, `
		SELECT (created_at - ?1) / ?2, COUNT(*) FILTER (WHERE direction = 'inbound'), COUNT(*) FILTER (WHERE direction = 'outbound'),
			COUNT(*) FILTER (WHERE direction = 'outbound' AND status IN ('delivered', 'read')),
			COUNT(*) FILTER (WHERE direction = 'outbound' AND status = 'failed')
		FROM messages INDEXED BY messages_figures
		WHERE tenant_id = ?3 AND created_at >= ?1 AND created_at < ?1 + ?2 * ?4 GROUP BY 1`, start, w, t.tenant, n)
	if err != nil {
		return nil, err
	}
	buckets := make([]store.Bucket, n)
	for _, c := range found {
		buckets[c.at] = c.Bucket
	}
	return buckets, nil
}
