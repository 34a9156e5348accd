package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

const reportColumns = `id, tenant_id, wamid, status, at, error_code, error_message, queue, body`

func scanReport(row scanner) (p store.ParkedReport, err error) {
	var (
		at           int64
		code, reason sql.NullString
	)
	r := &p.Report
	err = row.Scan(&p.ID, &p.TenantID, &r.WAMID, &r.Status, &at, &code, &reason, &r.Queue, &r.Body)
	r.At, r.Error = portal.UnixMilli(at), messageError(code, reason)
	return p, err
}

// ParkReport implements store.ReportWriter.
func (t *tx) ParkReport(ctx context.Context, r store.Report, receivedAt portal.Time) error {
	code, reason := errorColumns(r.Error)
	_, err := t.exec(ctx, "report", `
		INSERT INTO parked_reports (tenant_id, wamid, status, at, error_code, error_message, queue, received_at, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, wamid, status) DO NOTHING`,
		t.tenant, r.WAMID, r.Status, r.At.UnixMilli(), code, reason, r.Queue, receivedAt.UnixMilli(), notNil(r.Body))
	return err
}

// TakeReports implements store.ReportWriter.
func (t *tx) TakeReports(ctx context.Context, wamid string) ([]store.Report, error) {
	parked, err := all(ctx, t.conn, "reports", scanReport,
		`SELECT `+reportColumns+` FROM parked_reports WHERE tenant_id = $1 AND wamid = $2 ORDER BY id`, t.tenant, wamid)
	if err != nil || len(parked) == 0 {
		return nil, err
	}
	if _, err := t.exec(ctx, "reports", `DELETE FROM parked_reports WHERE tenant_id = $1 AND wamid = $2`, t.tenant, wamid); err != nil {
		return nil, err
	}
	reports := make([]store.Report, len(parked))
	for i, p := range parked {
		reports[i] = p.Report
	}
	return reports, nil
}

// ParkedBefore implements store.Upkeep.
func (s *Store) ParkedBefore(ctx context.Context, before time.Time, limit int) ([]store.ParkedReport, error) {
	return all(ctx, s.pooled(), "reports", scanReport,
		`SELECT `+reportColumns+` FROM parked_reports WHERE received_at < $1 ORDER BY received_at, id LIMIT $2`, before.UnixMilli(), limit)
}

// DropParked implements store.Upkeep.
func (s *Store) DropParked(ctx context.Context, id int64) error {
	_, err := s.pooled().exec(ctx, "report", `DELETE FROM parked_reports WHERE id = $1`, id)
	return err
}

// notNil keeps an empty body from becoming NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
