package desk

import (
	"context"
	"time"

	"github.com/agentportal/portal/internal/store"
)

// ParkedFor is how long a report waits for its wamid to become known.
const ParkedFor = 7 * 24 * time.Hour

// ParkedReport is a report whose message was never learnt of.
type ParkedReport = store.ParkedReport

// ExpiredReports are the oldest reports that have waited ParkedFor, at most limit.
func (d *Desk) ExpiredReports(ctx context.Context, limit int) ([]ParkedReport, error) {
	return d.store.ParkedBefore(ctx, d.now().Add(-ParkedFor), limit)
}

// DropReport forgets an expired report.
func (d *Desk) DropReport(ctx context.Context, id int64) error { return d.store.DropParked(ctx, id) }
