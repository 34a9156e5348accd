package bridge

import (
	"context"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/queue"
)

const (
	maxBatch  = 256             // deliveries committed together
	firstWait = time.Second     // before a delivery is tried again, then doubling
	lastWait  = time.Minute     // up to this
	awayWait  = 1 * time.Second // between questions whether the database is back
)

// job is a delivery in the bridge's hands. session is done once it can't be settled
// any more; then it comes again as another.
type job[T any] struct {
	delivery *queue.Delivery
	session  context.Context
	lane     string
	item     T
}

// backlog is what waits of one tenant, in the order of the queue. It isn't safe
// for use by several goroutines, but for poked.
type backlog[T any] struct {
	waiting []*job[T]
	held    map[string]hold // lanes that wait for their next attempt
	away    time.Time       // nothing is tried before: the database is away
	poked   chan struct{}
}

type hold struct {
	until    time.Time
	failures int
}

func newBacklog[T any]() *backlog[T] {
	return &backlog[T]{held: make(map[string]hold), poked: make(chan struct{}, 1)}
}

// poke tells the goroutine that works the backlog off that there is more.
func (b *backlog[T]) poke() {
	select {
	case b.poked <- struct{}{}:
	default:
	}
}

// take removes the next batch; without one, due is when to look again. What can't
// be settled any more is dropped without being applied: in its place in the queue
// it comes again.
func (b *backlog[T]) take(now time.Time) (batch []*job[T], due time.Time) {
	due = now.Add(lastWait)
	var kept []*job[T]
	for _, j := range b.waiting {
		if j.session.Err() != nil {
			continue
		}
		until := b.away
		if h := b.held[j.lane]; h.until.After(until) {
			until = h.until
		}
		switch {
		case until.After(now):
			kept = append(kept, j)
			if until.Before(due) {
				due = until
			}
		case len(batch) < maxBatch:
			batch = append(batch, j)
		default:
			kept = append(kept, j)
		}
	}
	b.waiting = kept
	return batch, due
}

// settle notes how a batch went. What failed goes back to the front, where it
// belongs: whatever waits of its lanes came later. It tells whether that is news:
// neither a lane that failed before nor a database that was away before is.
func (b *backlog[T]) settle(now time.Time, batch, failed []*job[T], failures []error) (news bool) {
	b.waiting = append(failed, b.waiting...)
	if len(failed) == len(batch) && allAway(failures) {
		news = b.away.IsZero()
		b.away = now.Add(awayWait)
		return news
	}
	b.away = time.Time{}
	before := b.held
	b.held = make(map[string]hold)
	lanes := make(map[string]bool) // of the batch
	for _, j := range batch {
		lanes[j.lane] = true
	}
	for _, j := range failed {
		n := before[j.lane].failures
		news = news || n == 0
		b.held[j.lane] = hold{until: now.Add(min(firstWait<<min(n, 10), lastWait)), failures: n + 1}
	}
	for lane, h := range before {
		if !lanes[lane] {
			b.held[lane] = h
		}
	}
	return news
}

func allAway(errs []error) bool {
	for _, err := range errs {
		if portal.CodeOf(err) != portal.Unavailable {
			return false
		}
	}
	return true
}
