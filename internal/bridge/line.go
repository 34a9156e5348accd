package bridge

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/queue"
)

// line carries one queue's deliveries to the desk. Each tenant that has some has
// one goroutine; while that waits for a commit, what comes in waits for the next,
// and is then committed together.
type line[T any] struct {
	bridge *Bridge
	queue  string
	decode func(body []byte) (letter[T], error)
	apply  func(ctx context.Context, tenantID string, batch []T) []error

	mu       sync.Mutex
	backlogs map[string]*backlog[T]
	running  sync.WaitGroup
}

// run consumes until ctx is done and then drains.
func (l *line[T]) run(ctx context.Context) error {
	l.backlogs = make(map[string]*backlog[T])
	// Work goes on while the consumer drains, and ends with it.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer l.running.Wait()
	defer stop()
	handler := queue.HandlerFunc(func(session context.Context, d *queue.Delivery) {
		l.handle(work, ctx.Done(), &job[T]{delivery: d, session: session})
	})
	return l.bridge.queue.Consume(ctx, l.queue, queue.ConsumeOptions{Prefetch: prefetch}, handler)
}

// handle routes one delivery. It blocks while the database is away, and so no
// further ones are taken.
func (l *line[T]) handle(work context.Context, draining <-chan struct{}, j *job[T]) {
	failpoint.Hit(failpoint.DeliveryTaken)
	letter, err := l.decode(j.delivery.Body)
	if err != nil {
		l.bury(j, err.Error())
		return
	}
	tenantID, err := l.resolve(work, draining, j, letter)
	switch {
	case err == nil && letter.ignored:
		l.bridge.metrics.UnknownStatus()
		l.acknowledge(j)
	case err == nil:
		j.lane, j.item = letter.lane, letter.item
		l.enqueue(work, draining, tenantID, j)
	case final(err):
		l.bury(j, reason(err))
	default:
		l.giveBack(j)
	}
}

// tenantOf finds a letter's tenant. A database that only answers isn't enough to take a delivery.
func (l *line[T]) tenantOf(ctx context.Context, letter letter[T]) (string, error) {
	if err := l.bridge.ready(); err != nil {
		return "", portal.Errorf(portal.Unavailable, "nothing can be committed: %w", err)
	}
	return l.bridge.desk.ResolveTenant(ctx, letter.tenantID, letter.phoneNumberID)
}

// resolve finds the letter's tenant, asking until the database can be used.
func (l *line[T]) resolve(work context.Context, draining <-chan struct{}, j *job[T], letter letter[T]) (string, error) {
	for first := true; ; first = false {
		tenantID, err := l.tenantOf(work, letter)
		if err == nil || final(err) {
			return tenantID, err
		}
		if first {
			l.bridge.log.Warn("a delivery can't be taken for now, trying again", "queue", l.queue, "error", err)
		}
		timer := time.NewTimer(awayWait)
		select {
		case <-timer.C:
		case <-draining:
			timer.Stop()
			return "", err
		case <-j.session.Done():
			timer.Stop()
			return "", err
		}
	}
}

// enqueue puts a job behind its tenant's others and sees to it that someone works
// them off.
func (l *line[T]) enqueue(work context.Context, draining <-chan struct{}, tenantID string, j *job[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.backlogs[tenantID]
	if b == nil {
		b = newBacklog[T]()
		l.backlogs[tenantID] = b
		l.running.Go(func() { l.workOff(work, draining, tenantID, b) })
	}
	b.waiting = append(b.waiting, j)
	b.poke()
}

// workOff commits a tenant's jobs, batch after batch, until none is left.
func (l *line[T]) workOff(work context.Context, draining <-chan struct{}, tenantID string, b *backlog[T]) {
	for work.Err() == nil {
		l.mu.Lock()
		batch, due := b.take(time.Now())
		if len(batch) == 0 && len(b.waiting) == 0 {
			delete(l.backlogs, tenantID)
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		if len(batch) > 0 {
			l.commit(work, tenantID, b, batch)
			continue
		}
		timer := time.NewTimer(time.Until(due))
		select {
		case <-timer.C:
		case <-b.poked:
		case <-draining:
			l.giveBackAll(b)
		case <-work.Done():
		}
		timer.Stop()
	}
}

// commit applies a batch and settles each of its deliveries.
func (l *line[T]) commit(work context.Context, tenantID string, b *backlog[T], batch []*job[T]) {
	items := make([]T, len(batch))
	for i, j := range batch {
		items[i] = j.item
	}
	errs := l.apply(work, tenantID, items)
	failpoint.Hit(failpoint.DeliveryCommitted)
	var failed []*job[T]
	var failures []error
	for i, j := range batch {
		switch err := errs[i]; {
		case err == nil:
			l.acknowledge(j)
		case final(err):
			l.bury(j, reason(err))
		default:
			failed, failures = append(failed, j), append(failures, err)
			l.bridge.metrics.Retried(l.queue)
		}
	}
	l.mu.Lock()
	news := b.settle(time.Now(), batch, failed, failures)
	l.mu.Unlock()
	if news {
		l.bridge.log.Warn("deliveries can't be applied for now, trying again",
			"queue", l.queue, "tenant", tenantID, "count", len(failed), "error", failures[0])
	}
}

// giveBackAll leaves what can't be applied for now to whoever consumes next.
func (l *line[T]) giveBackAll(b *backlog[T]) {
	l.mu.Lock()
	jobs := b.waiting
	b.waiting = nil
	l.mu.Unlock()
	for _, j := range jobs {
		l.giveBack(j)
	}
}

func (l *line[T]) acknowledge(j *job[T]) {
	if !l.settled(j, j.delivery.Ack(j.session)) {
		l.settle(j, j.delivery.Ack)
	}
	failpoint.Hit(failpoint.DeliveryAcknowledged)
	l.bridge.metrics.Applied(l.queue, 1)
}

// bury dead-letters on a goroutine of its own, since a letter that can't be stored
// for now must hold up nothing. The prefetch bounds how many there are.
func (l *line[T]) bury(j *job[T], reason string) {
	l.bridge.log.Warn("dead letter", "queue", l.queue, "id", j.delivery.ID, "reason", reason)
	l.bridge.metrics.Dead(l.queue)
	l.settle(j, func(ctx context.Context) error { return j.delivery.Dead(ctx, reason) })
}

// giveBack returns a delivery to its queue, in its place, once the consumer stops.
func (l *line[T]) giveBack(j *job[T]) {
	l.settled(j, j.delivery.Retry(j.session, awayWait))
}

// settle settles until it has succeeded, or the delivery is lost and comes again.
func (l *line[T]) settle(j *job[T], do func(context.Context) error) {
	l.running.Go(func() {
		for !l.settled(j, do(j.session)) {
			if !sleep(j.session, awayWait) {
				return
			}
		}
	})
}

// settled tells whether nothing is left to do after a settlement.
func (l *line[T]) settled(j *job[T], err error) bool {
	if err == nil || errors.Is(err, queue.ErrLost) || errors.Is(err, queue.ErrSettled) || j.session.Err() != nil {
		return true
	}
	l.bridge.log.Warn("a delivery can't be settled for now, trying again", "queue", l.queue, "error", err)
	return false
}

// final tells whether trying again can't help.
func final(err error) bool {
	code := portal.CodeOf(err)
	return code == portal.Invalid || code == portal.NotFound
}

// reason is what an admin reads on a dead letter.
func reason(err error) string {
	var e *portal.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
