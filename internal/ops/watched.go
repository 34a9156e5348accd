package ops

import (
	"context"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// WatchedStore is a store whose changes are counted. One that could not be committed has the database looked at.
type WatchedStore struct {
	store.Store
	metrics *Metrics
	health  *Health
}

// WatchStore watches over a store.
func WatchStore(s store.Store, m *Metrics, h *Health) *WatchedStore {
	return &WatchedStore{Store: s, metrics: m, health: h}
}

// Update implements store.Store.
func (w *WatchedStore) Update(ctx context.Context, tenantID string, fn func(store.Tx) error) error {
	began := time.Now()
	err := w.Store.Update(ctx, tenantID, fn)
	switch {
	case err == nil:
		w.metrics.commits.Observe(time.Since(began).Seconds())
	case portal.CodeOf(err) == portal.Unavailable && ctx.Err() == nil:
		w.metrics.commitFailures.Inc()
		w.health.Suspect()
	}
	return err
}
