package main

import (
	"context"
	"time"
)

// How often and how much the upkeep does at a time.
const (
	upkeepEvery = time.Minute
	trimBatch   = 500
)

// upkeep trims what is past its time: events beyond the log's retention,
// sign-ins that ended, sessions that can't be recovered any more. A round that
// fails is made up for by the next.
func (p *portalServer) upkeep(ctx context.Context) error {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		if err := p.upkeepRound(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("upkeep failed; the next round goes on", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (p *portalServer) upkeepRound(ctx context.Context) error {
	now := time.Now()
	before := now.Add(-p.cfg.LogRetention)
	if err := inBatches(func() (int, error) { return p.db.TrimEvents(ctx, before, trimBatch) }); err != nil {
		return err
	}
	return inBatches(func() (int, error) { return p.db.DeleteExpired(ctx, now, before, trimBatch) })
}

// inBatches deletes until less than a batch is left. Writers go on in between.
func inBatches(batch func() (int, error)) error {
	for {
		if n, err := batch(); err != nil || n < trimBatch {
			return err
		}
	}
}
