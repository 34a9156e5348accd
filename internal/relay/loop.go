package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// maxOffered bounds the events that wait in memory for a loop; what doesn't fit
// is read from the log.
const maxOffered = 4096

// loop delivers one tenant's log. pos and window are touched by run alone,
// except through the atomics and mutexes named below.
type loop[F any] struct {
	relay  *Relay[F]
	tenant string
	pos    atomic.Int64 // written by run only
	window *window[F]

	calls chan call
	wake  chan struct{} // capacity 1: a wake that is waiting is enough

	mu      sync.Mutex
	offered []portal.Event // committed here, not yet taken by run
	known   int64          // highest seq that was ever offered
	look    bool           // the log may hold more than was offered
}

type call struct {
	fn   func(pos int64)
	done chan struct{}
}

func newLoop[F any](r *Relay[F], tenantID string, pos int64) *loop[F] {
	l := &loop[F]{
		relay:  r,
		tenant: tenantID,
		window: newWindow[F](r.cfg.Window, r.cfg.WindowBytes, pos),
		calls:  make(chan call),
		wake:   make(chan struct{}, 1),
	}
	l.pos.Store(pos)
	l.nudge() // commits between the reading of the head and now
	return l
}

func (l *loop[F]) position() int64 { return l.pos.Load() }

// nudge makes the loop read the log.
func (l *loop[F]) nudge() {
	l.mu.Lock()
	l.look = true
	l.mu.Unlock()
	l.rouse()
}

func (l *loop[F]) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *loop[F]) offer(events []portal.Event) {
	l.mu.Lock()
	if len(l.offered)+len(events) <= maxOffered {
		l.offered = append(l.offered, events...)
	}
	for _, e := range events {
		l.known = max(l.known, e.Seq)
	}
	l.mu.Unlock()
	l.rouse()
}

// take returns what was offered, and whether the log must be read even if that
// turns out to leave no gap.
func (l *loop[F]) take() (events []portal.Event, known int64, look bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	events, known, look = l.offered, l.known, l.look
	l.offered, l.look = nil, false
	return events, known, look
}

func (l *loop[F]) do(ctx context.Context, fn func(int64)) error {
	c := call{fn: fn, done: make(chan struct{})}
	select {
	case l.calls <- c:
		<-c.done // fn doesn't block, so neither does this
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.relay.ctx.Done():
		return portal.Errorf(portal.Unavailable, "the relay is closed")
	}
}

func (l *loop[F]) run() {
	var retry <-chan time.Time
	backOff := 50 * time.Millisecond
	for {
		select {
		case <-l.relay.ctx.Done():
			return
		case c := <-l.calls:
			c.fn(l.position())
			close(c.done)
			continue
		case <-l.wake:
		case <-retry:
		}
		retry = nil
		more, err := l.advance()
		switch {
		case err != nil:
			l.relay.cfg.Logger.Warn("reading the event log failed; trying again",
				"tenant", l.tenant, "after", l.position(), "in", backOff, "err", err)
			l.mu.Lock()
			l.look = true
			l.mu.Unlock()
			retry = time.After(backOff)
			backOff = min(2*backOff, 2*time.Second)
		case more:
			l.nudge() // lets calls in between two pages
			fallthrough
		default:
			backOff = 50 * time.Millisecond
		}
	}
}

// advance delivers what was committed here, or a page of the log where that
// leaves a gap, and tells whether there may be more.
func (l *loop[F]) advance() (more bool, err error) {
	offered, known, look := l.take()
	for _, e := range offered {
		if e.Seq != l.position()+1 {
			continue // seen already, or after a gap that the log fills
		}
		if err := l.deliver(e); err != nil {
			return true, err
		}
	}
	if !look && l.position() >= known {
		return false, nil
	}
	page, err := l.relay.read(l.relay.ctx, l.tenant, l.position(), l.relay.cfg.Page)
	var gone *trimmedError
	if errors.As(err, &gone) {
		l.skip(gone.first)
		return true, nil
	}
	if err != nil {
		return false, err
	}
	for _, e := range page {
		if err := l.deliver(e); err != nil {
			return true, err
		}
	}
	return len(page) == l.relay.cfg.Page || (len(page) > 0 && l.position() < known), nil
}

func (l *loop[F]) deliver(e portal.Event) error {
	frame, err := l.relay.cfg.Sink.Encode(l.tenant, e)
	if err != nil {
		return err
	}
	entry := Entry[F]{Event: e, Frame: frame}
	l.window.add(entry)
	l.relay.cfg.Sink.Deliver(l.tenant, entry)
	l.pos.Store(e.Seq) // last: whoever reads the position may rely on what is below it
	return nil
}

// skip goes on at the log's first event: what was between was trimmed before
// this node came to read it (it stood still for longer than the log is kept).
func (l *loop[F]) skip(first int64) {
	l.relay.cfg.Logger.Error("the event log was trimmed before it was read here; its sockets begin anew",
		"tenant", l.tenant, "after", l.position(), "first", first)
	l.relay.cfg.Sink.Skipped(l.tenant)
	l.window.restart(first - 1)
	l.pos.Store(first - 1)
}

// trimmedError tells that the log begins at first only.
type trimmedError struct{ first int64 }

// Error implements error.
func (e *trimmedError) Error() string { return fmt.Sprintf("the log begins at %d only", e.first) }

// read takes a page of the log and checks that it follows without a gap.
func (r *Relay[F]) read(ctx context.Context, tenantID string, after int64, limit int) ([]portal.Event, error) {
	var events []portal.Event
	err := r.cfg.Log.View(ctx, tenantID, func(tx store.ReadTx) (err error) {
		if events, err = tx.Events(ctx, after, limit); err != nil {
			return err
		}
		if len(events) > 0 && events[0].Seq == after+1 {
			return nil
		}
		first, err := tx.FirstSeq(ctx)
		if err == nil && first > after+1 {
			err = &trimmedError{first}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, e := range events {
		if e.Seq != after+int64(i)+1 {
			return nil, portal.Errorf(portal.Internal, "the log of tenant %s has a gap before %d", tenantID, e.Seq)
		}
	}
	return events, nil
}
