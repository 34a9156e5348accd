package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/agentportal/portal/internal/queue"
)

// slot holds something that comes and goes: a connection, a channel. One goroutine sets it, others take it or
// wait for it.
type slot[T any] struct {
	mu      sync.Mutex
	value   *T
	err     error         // why there is none
	since   time.Time     // when it last came or went
	changed chan struct{} // closed and replaced at every set
}

var errNotYet = errors.New("not connected yet")

func newSlot[T any]() *slot[T] {
	return &slot[T]{since: time.Now(), err: errNotYet, changed: make(chan struct{})}
}

// set replaces the value; a nil value comes with the reason. It tells whether the reason is news.
func (s *slot[T]) set(value *T, err error) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (s.value == nil) != (value == nil) {
		s.since = time.Now()
	}
	news = err != nil && (s.err == nil || s.err.Error() != err.Error())
	s.value, s.err = value, err
	close(s.changed)
	s.changed = make(chan struct{})
	return news
}

// now returns the value, or why there is none.
func (s *slot[T]) now() (*T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, unavailable(s.err)
}

// get returns the value, waiting for it until ctx is done or the owner has gone.
func (s *slot[T]) get(ctx context.Context) (*T, error) {
	for {
		s.mu.Lock()
		value, err, changed := s.value, s.err, s.changed
		s.mu.Unlock()
		if value != nil || errors.Is(err, queue.ErrClosed) {
			return value, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, unavailable(err)
		}
	}
}

// state tells whether there is a value, since when that is so, and why there is none.
func (s *slot[T]) state() (ok bool, since time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value != nil, s.since, s.err
}

// unavailable is [queue.ErrUnavailable] with the reason.
func unavailable(err error) error {
	if err == nil || errors.Is(err, queue.ErrUnavailable) || errors.Is(err, queue.ErrClosed) {
		return err
	}
	return fmt.Errorf("%w: %w", queue.ErrUnavailable, err)
}

// pause waits for d or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
