package ops

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/agentportal/portal"
)

const (
	// answerTime is how long the database may take to show that it is there, and again to commit.
	answerTime = 2 * time.Second
	// lookAge is how long what was seen of the database is believed.
	lookAge = 500 * time.Millisecond
	// It is looked at every calmly while all is well, which costs a synchronised write, and every closely while it isn't.
	calmly  = 5 * time.Second
	closely = time.Second
	// probeTime bounds a change that nobody waits for any more.
	probeTime = 5 * time.Second
)

// Database tells whether it can be used.
type Database interface {
	// Ping tells whether it answers.
	Ping(ctx context.Context) error
	// Probe tells whether it takes changes, by committing a tiny one.
	Probe(ctx context.Context) error
}

// sight is what was seen of the database. The zero value is that all is well.
type sight struct {
	at    time.Time
	away  error // it doesn't answer
	stuck error // it answers, and nothing can be committed
}

func (s sight) trouble() error {
	if s.away != nil {
		return s.away
	}
	return s.stuck
}

// words say what is wrong, for everyone: the store's words hold no addresses.
func (s sight) words() string {
	if s.away != nil {
		return "the database is away"
	}
	var known *portal.Error
	if errors.As(s.stuck, &known) && known.Code == portal.Unavailable {
		return "nothing can be committed: " + known.Message
	}
	return "nothing can be committed"
}

// base watches what everything rests on: whether changes can be committed. A database that only answers isn't enough,
// since on a full disk it goes on answering.
type base struct {
	database Database
	now      func() time.Time
	log      *slog.Logger
	kick     chan struct{}

	seen atomic.Pointer[sight]

	looking chan struct{} // full while somebody looks: one look at a time, for all who ask
	probing chan error    // the outcome of a change under way; nil: none is. Who looks may touch it
}

func newBase(c HealthConfig) *base {
	b := &base{database: c.Database, now: c.Now, log: c.Logger, kick: make(chan struct{}, 1), looking: make(chan struct{}, 1)}
	b.seen.Store(&sight{})
	return b
}

func (b *base) known() sight { return *b.seen.Load() }

func (b *base) suspect() {
	select {
	case b.kick <- struct{}{}:
	default:
	}
}

// watch looks until ctx is done.
func (b *base) watch(ctx context.Context) {
	defer b.end()
	for {
		wait := calmly
		if b.look().trouble() != nil {
			wait = closely
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-b.kick:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// end waits for a change under way.
func (b *base) end() {
	b.looking <- struct{}{}
	defer func() { <-b.looking }()
	if b.probing != nil {
		<-b.probing
		b.probing = nil
	}
}

// look returns what was seen lately, or looks.
func (b *base) look() sight {
	b.looking <- struct{}{}
	defer func() { <-b.looking }()
	last := b.known()
	if !last.at.IsZero() && b.now().Sub(last.at).Abs() < lookAge {
		return last
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	next := sight{away: b.database.Ping(ctx)}
	if next.away == nil {
		next.stuck = b.commits()
	}
	next.at = b.now()
	b.seen.Store(&next)
	switch before, now := last.trouble(), next.trouble(); {
	case before == nil && now != nil:
		b.log.Error(next.words(), "err", now)
	case before != nil && now == nil:
		b.log.Info("changes can be committed again")
	}
	return next
}

// commits tells why a change can't be committed. There is one under way at a time: a database that holds it up is not
// given more.
func (b *base) commits() error {
	select {
	case <-b.probing: // of an earlier look, which didn't wait so long
		b.probing = nil
	default:
	}
	if b.probing == nil {
		outcome := make(chan error, 1)
		b.probing = outcome
		go func() { // end waits for it
			ctx, cancel := context.WithTimeout(context.Background(), probeTime)
			defer cancel()
			outcome <- b.database.Probe(ctx)
		}()
	}
	limit := time.NewTimer(answerTime)
	defer limit.Stop()
	select {
	case err := <-b.probing:
		b.probing = nil
		return err
	case <-limit.C:
		return portal.Errorf(portal.Unavailable, "the database doesn't commit in time")
	}
}
