package queue

import (
	"context"
	"sync"
	"time"
)

// Session is what implementations of [Queue] share: the deliveries that one consumer has handed out since it got
// hold of its queue. It calls the handler one call at a time, brings retried deliveries back, counts what is
// unsettled, and makes every late settlement an [ErrLost] once the session has ended. All methods may be called
// from any goroutine.
type Session struct {
	handler Handler
	ctx     context.Context // handed to the handler: done at the end
	end     context.CancelFunc
	settled chan struct{}
	calls   sync.Mutex // held while the handler is called

	mu       sync.Mutex
	held     int // in the handler's hands
	waiting  map[*time.Timer]struct{}
	running  sync.WaitGroup // retries that are being handed out
	stopping bool
	idle     chan struct{} // closed at held == 0 while stopping
}

// Settlement is the part of settling that depends on the implementation.
type Settlement interface {
	Ack(ctx context.Context) error
	Dead(ctx context.Context, reason string) error
}

// NewSession starts a session. Values of ctx are the handler's; its cancellation isn't, since handlers may settle
// while a consumer stops.
func NewSession(ctx context.Context, h Handler) *Session {
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	return &Session{
		handler: h, ctx: ctx, end: end,
		settled: make(chan struct{}, 1),
		waiting: map[*time.Timer]struct{}{},
		idle:    make(chan struct{}),
	}
}

// Hand gives one message to the handler, unless the session is stopping.
func (s *Session) Hand(queue string, m Message, redelivered bool, how Settlement) {
	s.mu.Lock()
	if s.stopping {
		s.mu.Unlock()
		return
	}
	s.held++
	s.mu.Unlock()
	s.call(queue, m, redelivered, how)
}

func (s *Session) call(queue string, m Message, redelivered bool, how Settlement) {
	s.calls.Lock()
	defer s.calls.Unlock()
	h := &handed{session: s, how: how, queue: queue, message: m}
	s.handler.Handle(s.ctx, NewDelivery(queue, m, redelivered, h))
}

// Unsettled is how many deliveries count against the prefetch.
func (s *Session) Unsettled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held + len(s.waiting)
}

// Settled receives a value after one or more settlements.
func (s *Session) Settled() <-chan struct{} { return s.settled }

// Context is done once the session has ended.
func (s *Session) Context() context.Context { return s.ctx }

// Drain hands out nothing more, gives up what waits to be retried, and waits until the handler has settled what
// it holds, the time is over or the session has ended.
func (s *Session) Drain(limit time.Duration) {
	s.stop()
	timer := time.NewTimer(max(limit, 0))
	defer timer.Stop()
	select {
	case <-s.idle:
	case <-timer.C:
	case <-s.ctx.Done():
	}
}

// End makes every settlement from now on an [ErrLost] and waits for a running retry to be handed out.
func (s *Session) End() {
	s.end()
	s.stop()
	s.running.Wait()
}

func (s *Session) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return
	}
	s.stopping = true
	for t := range s.waiting {
		if t.Stop() {
			s.running.Done()
		}
	}
	clear(s.waiting)
	if s.held == 0 {
		close(s.idle)
	}
}

// release counts a delivery out of the handler's hands.
func (s *Session) release() {
	s.held--
	if s.stopping && s.held == 0 {
		close(s.idle)
	}
	select {
	case s.settled <- struct{}{}:
	default:
	}
}

// handed settles one delivery of a session.
type handed struct {
	session *Session
	how     Settlement
	queue   string
	message Message
}

func (h *handed) Ack(ctx context.Context) error {
	return h.settle(func() error { return h.how.Ack(ctx) })
}

func (h *handed) Dead(ctx context.Context, reason string) error {
	return h.settle(func() error { return h.how.Dead(ctx, reason) })
}

func (h *handed) settle(do func() error) error {
	s := h.session
	if s.ctx.Err() != nil {
		return ErrLost
	}
	if err := do(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release()
	return nil
}

func (h *handed) Retry(_ context.Context, after time.Duration) error {
	s := h.session
	if s.ctx.Err() != nil {
		return ErrLost
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopping {
		s.later(h, after)
	}
	s.release()
	return nil
}

// later starts the wait of a retried delivery; s.mu is held.
func (s *Session) later(h *handed, after time.Duration) {
	s.running.Add(1)
	var t *time.Timer
	t = time.AfterFunc(max(after, 0), func() {
		defer s.running.Done()
		s.mu.Lock()
		_, due := s.waiting[t]
		delete(s.waiting, t)
		if due {
			s.held++
		}
		s.mu.Unlock()
		if due {
			s.call(h.queue, h.message, true, h.how)
		}
	})
	s.waiting[t] = struct{}{}
}
