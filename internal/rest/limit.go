package rest

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/agentportal/portal"
)

// A user may always make 200 calls a second with bursts of 1,000; what is beyond
// these figures is refused. Between the two is room for what the network holds up
// and then brings at once.
const (
	callRate  = 250 // calls a second
	callBurst = 1250
)

// userLimits hold each user to the rate. A limiter that has had the time to fill up again says no more than a new
// one, so those are forgotten now and then and memory follows the users who are active.
type userLimits struct {
	now func() time.Time

	mu    sync.Mutex
	users map[string]*userLimit
	swept time.Time
}

type userLimit struct {
	bucket *rate.Limiter
	last   time.Time
}

func newUserLimits(now func() time.Time) *userLimits {
	return &userLimits{now: now, users: map[string]*userLimit{}, swept: now()}
}

// take counts one call and returns 0, or how long to wait if it is one too many.
func (l *userLimits) take(who portal.Identity) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.sweep(now)
	key := who.TenantID + "\x00" + who.UserID
	u := l.users[key]
	if u == nil {
		u = &userLimit{bucket: rate.NewLimiter(callRate, callBurst)}
		l.users[key] = u
	}
	u.last = now
	reservation := u.bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

func (l *userLimits) sweep(now time.Time) {
	const full = callBurst / callRate * time.Second
	if now.Sub(l.swept).Abs() < time.Minute {
		return
	}
	l.swept = now
	for key, u := range l.users {
		if now.Sub(u.last).Abs() > full {
			delete(l.users, key)
		}
	}
}

// seconds rounds up to whole seconds, at least one, as Retry-After wants.
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }
