package live

import (
	"context"
	"sync"
	"time"

	"github.com/agentportal/portal/internal/store"
)

// boundsApart is how far apart readings of one log's ends are when many ask.
const boundsApart = 10 * time.Millisecond

// bounds are the ends of a tenant's log.
type bounds struct{ first, last int64 }

// boundsReader reads the ends of logs. Who asks alone reads at once; those who ask
// soon after a reading began share the next one. So a herd costs some readings a
// second however large it is, and nobody is told what was so before they asked.
type boundsReader struct {
	store Sessions
	going sync.WaitGroup

	mu      sync.Mutex
	tenants map[string]*boundsQueue
}

// boundsQueue is a tenant whose log is being read.
type boundsQueue struct{ next *boundsAnswer }

type boundsAnswer struct {
	ready chan struct{}
	bounds
	err error
}

func newBoundsReader(s Sessions) *boundsReader {
	return &boundsReader{store: s, tenants: map[string]*boundsQueue{}}
}

// of returns the ends of a tenant's log as they are now.
func (b *boundsReader) of(ctx context.Context, tenantID string) (bounds, error) {
	answer := b.ask(tenantID)
	select {
	case <-answer.ready:
		return answer.bounds, answer.err
	case <-ctx.Done():
		return bounds{}, context.Cause(ctx)
	}
}

// ask joins the next reading and sees to it that there is one.
func (b *boundsReader) ask(tenantID string) *boundsAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.tenants[tenantID]
	if q == nil {
		q = &boundsQueue{}
		b.tenants[tenantID] = q
		b.going.Go(func() { b.serve(tenantID, q) })
	}
	if q.next == nil {
		q.next = &boundsAnswer{ready: make(chan struct{})}
	}
	return q.next
}

// serve reads as long as somebody asks.
func (b *boundsReader) serve(tenantID string, q *boundsQueue) {
	for ; ; time.Sleep(boundsApart) {
		b.mu.Lock()
		answer := q.next
		q.next = nil
		if answer == nil {
			delete(b.tenants, tenantID)
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		answer.bounds, answer.err = b.read(tenantID)
		close(answer.ready)
	}
}

func (b *boundsReader) read(tenantID string) (found bounds, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	err = b.store.View(ctx, tenantID, func(tx store.ReadTx) (err error) {
		if found.first, err = tx.FirstSeq(ctx); err != nil {
			return err
		}
		found.last, err = tx.LastSeq(ctx)
		return err
	})
	return found, err
}
