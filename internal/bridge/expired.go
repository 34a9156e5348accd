package bridge

import (
	"context"
	"time"

	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/queue"
)

const (
	expiredEvery = time.Minute
	expiredBatch = 100
	// expiredReason is why a report that found no message is a dead letter.
	expiredReason = "no message with this wamid became known within 7 days"
)

// buryExpired dead-letters reports that were parked for too long, until ctx is
// done. Only the node that consumes the queue does, so that there is one letter.
func (b *Bridge) buryExpired(ctx context.Context) {
	for {
		wait := awayWait // until the queue is ours
		if b.queue.State().Consuming[b.status] {
			wait = expiredEvery
			if err := b.buryExpiredNow(ctx); err != nil && ctx.Err() == nil {
				b.log.Warn("expired reports can't be dead-lettered for now, trying again", "error", err)
			}
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}

func (b *Bridge) buryExpiredNow(ctx context.Context) error {
	for {
		reports, err := b.desk.ExpiredReports(ctx, expiredBatch)
		if err != nil || len(reports) == 0 {
			return err
		}
		for _, r := range reports {
			// The letter is durable before the report is gone: a crash in between leaves both.
			if err := b.queue.DeadLetters().Put(ctx, r.Report.Queue, queue.Message{Body: r.Report.Body}, expiredReason); err != nil {
				return err
			}
			b.metrics.Dead(r.Report.Queue)
			failpoint.Hit(failpoint.ReportBuried)
			if err := b.desk.DropReport(ctx, r.ID); err != nil {
				return err
			}
		}
	}
}
