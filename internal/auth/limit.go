package auth

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/agentportal/portal"
)

// What is always allowed; what is beyond is refused.
const (
	emailFailures = 10 // failed sign-ins for one email
	emailWindow   = 10 * time.Minute
	addrSignIns   = 60 // sign-ins from one address
	addrWindow    = time.Minute
)

// limiterKeys bounds a limiter's memory. Beyond it the key with the oldest count
// of a handful is forgotten; to gain by that one needs thousands of addresses.
const limiterKeys = 20_000

// limiter counts events per key in a sliding window. An event is admitted first
// and counted when it is known to count; those under way are held against the
// limit, so that attempts made at once can't pass it together.
type limiter struct {
	limit  int
	window time.Duration
	now    func() time.Time

	mu   sync.Mutex
	keys map[string]*tally
}

type tally struct {
	counted  []time.Time // within the window, oldest first
	underWay int
	settled  chan struct{} // closed when one under way is settled; nil if nobody waits
}

func newLimiter(limit int, window time.Duration, now func() time.Time) *limiter {
	return &limiter{limit: limit, window: window, now: now, keys: make(map[string]*tally)}
}

// admit waits until the event can't pass the limit and returns how to settle it:
// true counts it. RateLimited if the limit is reached.
func (l *limiter) admit(ctx context.Context, key string) (settle func(counts bool), err error) {
	for {
		l.mu.Lock()
		t := l.tally(key)
		switch {
		case len(t.counted) >= l.limit:
			wait := t.counted[0].Add(l.window).Sub(l.now())
			l.mu.Unlock()
			return nil, rateLimited(wait)
		case len(t.counted)+t.underWay < l.limit:
			t.underWay++
			l.mu.Unlock()
			return func(counts bool) { l.settle(key, t, counts) }, nil
		}
		if t.settled == nil {
			t.settled = make(chan struct{})
		}
		settled := t.settled
		l.mu.Unlock()
		select {
		case <-settled:
		case <-ctx.Done():
			return nil, portal.Errorf(portal.Unavailable, "too busy; try again: %w", context.Cause(ctx))
		}
	}
}

// count admits an event and counts it at once.
func (l *limiter) count(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tally(key)
	if len(t.counted) >= l.limit {
		return rateLimited(t.counted[0].Add(l.window).Sub(l.now()))
	}
	t.counted = append(t.counted, l.now())
	return nil
}

func (l *limiter) settle(key string, t *tally, counts bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.underWay--
	if counts {
		t.counted = append(t.counted, l.now())
	}
	if t.settled != nil {
		close(t.settled)
		t.settled = nil
	}
	if t.underWay == 0 && len(t.counted) == 0 {
		delete(l.keys, key)
	}
}

// tally finds a key's count, without what has left the window.
func (l *limiter) tally(key string) *tally {
	t := l.keys[key]
	if t == nil {
		if len(l.keys) >= limiterKeys {
			l.forgetOne()
		}
		t = &tally{}
		l.keys[key] = t
	}
	l.prune(t)
	return t
}

func (l *limiter) prune(t *tally) {
	now, kept := l.now(), t.counted[:0]
	for _, at := range t.counted {
		// A clock that was set back must not lock anyone out for longer.
		if age := now.Sub(at); age < l.window && age >= -l.window {
			kept = append(kept, at)
		}
	}
	t.counted = kept
}

// forgetOne drops, of a few keys, the one that was counted least lately.
func (l *limiter) forgetOne() {
	const look = 16
	var oldest string
	var oldestAt time.Time
	seen := 0
	for key, t := range l.keys { // map order is as good as random
		if t.underWay > 0 {
			continue
		}
		var at time.Time
		if n := len(t.counted); n > 0 {
			at = t.counted[n-1]
		}
		if seen == 0 || at.Before(oldestAt) {
			oldest, oldestAt = key, at
		}
		if seen++; seen == look {
			break
		}
	}
	if seen > 0 {
		delete(l.keys, oldest)
	}
}

func rateLimited(wait time.Duration) error {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return &portal.Error{Code: portal.RateLimited, Message: "too many sign-ins; try again later",
		Data: map[string]any{"retryAfter": seconds}}
}
