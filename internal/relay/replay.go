package relay

import (
	"context"
	"slices"
	"sync"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// keptPages bounds the pages of older log that stay in memory while many
// sockets replay them, and Config.KeepBytes their bodies.
const keptPages = 64

// Read returns entries that follow after and that the loop has delivered, in
// order; none means that after is the loop's position. What the window no
// longer holds is read from the log in pages which all replays share. Events
// older than the log are a portal.Gone. At most Config.Page entries come at
// once.
func (r *Relay[F]) Read(ctx context.Context, tenantID string, after int64) ([]Entry[F], error) {
	l, err := r.loopOf(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	if entries, ok := l.window.after(after, r.cfg.Page); ok {
		return entries, nil
	}
	size := int64(r.cfg.Page)
	number := after / size
	page, err := r.pages.get(ctx, pageKey{tenantID, number})
	if err != nil {
		return nil, err
	}
	pos := l.position()
	var entries []Entry[F]
	for _, e := range page {
		if e.Seq > after && e.Seq <= pos { // above pos: committed, but not yet delivered
			entries = append(entries, e)
		}
	}
	if len(entries) == 0 || entries[0].Seq != after+1 {
		return nil, portal.Errorf(portal.Gone, "event %d of the log is gone", after+1)
	}
	return entries, nil
}

// Position is the seq up to which the tenant's loop has delivered everything;
// 0 before the loop's start.
func (r *Relay[F]) Position(tenantID string) int64 {
	if l := r.existing(tenantID); l != nil {
		return l.position()
	}
	return 0
}

// Tail returns what follows after, up to pos, from memory; ok is false when
// that is more than the window holds. It is meant for use inside Do.
func (r *Relay[F]) Tail(tenantID string, after int64) (entries []Entry[F], ok bool) {
	l := r.existing(tenantID)
	if l == nil {
		return nil, false
	}
	return l.window.after(after, r.cfg.Window)
}

// load reads and encodes one aligned page of a log that is older than the
// window, hence complete but for what was trimmed from its start.
func (r *Relay[F]) load(key pageKey) ([]Entry[F], error) {
	size := int64(r.cfg.Page)
	var events []portal.Event
	err := r.cfg.Log.View(r.ctx, key.tenant, func(tx store.ReadTx) (err error) {
		events, err = tx.Events(r.ctx, key.number*size, r.cfg.Page)
		return err
	})
	if err != nil {
		return nil, err
	}
	page := make([]Entry[F], 0, len(events))
	for i, e := range events {
		if e.Seq > (key.number+1)*size {
			break
		}
		if i > 0 && e.Seq != events[i-1].Seq+1 {
			return nil, portal.Errorf(portal.Internal, "the log of tenant %s has a gap before %d", key.tenant, e.Seq)
		}
		frame, err := r.cfg.Sink.Encode(key.tenant, e)
		if err != nil {
			return nil, err
		}
		page = append(page, Entry[F]{Event: e, Frame: frame})
	}
	return page, nil
}

type pageKey struct {
	tenant string
	number int64
}

// pages shares the reading of older log between replays: each page is read by
// one of those who ask for it at the same time, and a few stay for the next.
type pages[F any] struct {
	size  int64
	limit int // of bytes
	load  func(pageKey) ([]Entry[F], error)

	mu    sync.Mutex
	byKey map[pageKey]*page[F]
	order []pageKey // oldest first
	bytes int       // of the bodies of those that are ready
}

type page[F any] struct {
	ready   chan struct{}
	entries []Entry[F]
	bytes   int // counted in pages.bytes; guarded by its lock
	err     error
}

func newPages[F any](size, limit int, load func(pageKey) ([]Entry[F], error)) *pages[F] {
	return &pages[F]{size: int64(size), limit: limit, load: load, byKey: map[pageKey]*page[F]{}}
}

func (c *pages[F]) get(ctx context.Context, key pageKey) ([]Entry[F], error) {
	c.mu.Lock()
	p := c.byKey[key]
	if p == nil {
		p = c.add(key)
		c.mu.Unlock()
		p.entries, p.err = c.load(key)
		if p.err != nil || len(p.entries) == 0 || p.entries[len(p.entries)-1].Seq != (key.number+1)*c.size {
			c.forget(key, p) // the next one tries again, or finds the page complete
		} else {
			c.weigh(key, p)
		}
		close(p.ready)
		return p.entries, p.err
	}
	c.mu.Unlock()
	select {
	case <-p.ready:
		return p.entries, p.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// add makes room for a page. Called with the lock held.
func (c *pages[F]) add(key pageKey) *page[F] {
	if len(c.order) >= keptPages {
		c.drop(c.order[0])
	}
	p := &page[F]{ready: make(chan struct{})}
	c.byKey[key] = p
	c.order = append(c.order, key)
	return p
}

// weigh counts a page that is complete, and drops the oldest ones that are too
// much with it, or it alone: who reads it has it all the same.
func (c *pages[F]) weigh(key pageKey, p *page[F]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[key] != p {
		return // dropped meanwhile
	}
	for _, e := range p.entries {
		p.bytes += len(e.Body)
	}
	c.bytes += p.bytes
	for c.bytes > c.limit {
		c.drop(c.order[0])
	}
}

// forget drops a page that could not be read or wasn't complete yet.
func (c *pages[F]) forget(key pageKey, p *page[F]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[key] == p {
		c.drop(key)
	}
}

// drop takes a page out. Called with the lock held.
func (c *pages[F]) drop(key pageKey) {
	c.bytes -= c.byKey[key].bytes
	delete(c.byKey, key)
	i := slices.Index(c.order, key)
	c.order = slices.Delete(c.order, i, i+1)
}
