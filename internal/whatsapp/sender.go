package whatsapp

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/failpoint"
)

const (
	// sendFor is how long a message is tried to be sent.
	sendFor = 24 * time.Hour
	// Attempts are firstDelay apart at first, then twice as far each time, up to lastDelay.
	firstDelay = time.Second
	lastDelay  = 5 * time.Minute
	// settleRetry is between attempts to store an answer while the database is away.
	settleRetry = 250 * time.Millisecond
	// settleTimeout bounds one attempt.
	settleTimeout = 3 * time.Second
)

// Outbox is where the sender finds what to send and notes what became of it. [desk.Desk] is one.
type Outbox interface {
	// ClaimSends leases due messages to this sender, at most one of a contact and that its earliest. Their
	// attempts are counted up durably before it returns. What isn't settled before the lease is over can be
	// claimed again.
	ClaimSends(ctx context.Context, lease time.Duration, limit int) ([]desk.Send, error)
	SendAccepted(ctx context.Context, tenantID, messageID, wamid string, at time.Time) error
	SendRejected(ctx context.Context, tenantID, messageID string, reason portal.MessageError, at time.Time) error
	SendLater(ctx context.Context, tenantID, messageID string, next time.Time) error
}

var _ Outbox = (*desk.Desk)(nil)

// SenderConfig is what a sender works with. Outbox is needed.
type SenderConfig struct {
	Outbox Outbox
	// GraphURL is the Cloud API's base; https://graph.facebook.com if empty.
	GraphURL string
	// Transport makes the calls; one of its own if nil.
	Transport http.RoundTripper
	// Concurrency is how many calls may run at a time; 16 if 0.
	Concurrency int
	// CallTimeout bounds one call; 15 s if 0. It is also what a crash may delay a message by, twice.
	CallTimeout time.Duration
	// Poll is how often the outbox is looked at without a wake-up; 1 s if 0.
	Poll time.Duration
	// Drain is how long a stopping sender waits for calls under way; 5 s if 0.
	Drain time.Duration
	// Logger gets what nobody is told otherwise; discarded if nil.
	Logger *slog.Logger
	// Done is called after each call with what became of it: "accepted", "rejected" or "later". Nil is fine.
	Done func(result string, took time.Duration)
	// Now is the clock by which messages are due, the Outbox's; time.Now if nil.
	Now func() time.Time
}

// Sender sends what agents write. Messages of one contact go out one after another, in their order; those of
// different contacts at the same time.
type Sender struct {
	cfg   SenderConfig
	graph *graph
	wake  chan struct{}
	blind bool // the last look at the outbox failed; Run's alone

	mu    sync.Mutex
	calls map[string]time.Time // messages in our hands, and when they are due again if they have to be tried again
	left  map[string]time.Time // those of them that have left our hands since the last look
}

// NewSender makes a sender; Run runs it.
func NewSender(c SenderConfig) *Sender {
	if c.GraphURL == "" {
		c.GraphURL = "https://graph.facebook.com"
	}
	if c.Concurrency <= 0 {
		c.Concurrency = 16
	}
	if c.CallTimeout <= 0 {
		c.CallTimeout = 15 * time.Second
	}
	if c.Poll <= 0 {
		c.Poll = time.Second
	}
	if c.Drain <= 0 {
		c.Drain = 5 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Done == nil {
		c.Done = func(string, time.Duration) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Sender{cfg: c, graph: newGraph(c.GraphURL, c.Transport, c.Concurrency), wake: make(chan struct{}, 1), calls: map[string]time.Time{}, left: map[string]time.Time{}}
}

// Wake tells the sender that there may be something to send. It never blocks; any goroutine may call it.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx is done, then waits for the calls under way and returns nil.
func (s *Sender) Run(ctx context.Context) error {
	// Calls outlive ctx: their answers are waited for. After drain they are cut off.
	calling, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer s.graph.client.CloseIdleConnections()
	var running sync.WaitGroup
	poll := time.NewTicker(s.cfg.Poll)
	defer poll.Stop()
	for ctx.Err() == nil {
		s.claim(ctx, func(job desk.Send) { running.Go(func() { s.handle(calling, job) }) })
		select {
		case <-s.wake:
		case <-poll.C:
		case <-ctx.Done():
		}
	}
	defer time.AfterFunc(s.cfg.Drain, cut).Stop()
	running.Wait()
	return nil
}

// claim starts as many due messages as there is room for.
func (s *Sender) claim(ctx context.Context, start func(desk.Send)) {
	held := s.look()
	free := s.cfg.Concurrency - len(held)
	if free <= 0 {
		return // the next call to end wakes us
	}
	jobs, err := s.cfg.Outbox.ClaimSends(ctx, s.lease(), free)
	if err != nil && !s.blind && ctx.Err() == nil {
		s.cfg.Logger.Warn("can't see what is to be sent, trying again", "error", err)
	}
	s.blind = err != nil
	for _, job := range jobs {
		if _, was := held[job.MessageID]; was {
			s.giveBack(ctx, job)
		} else {
			s.hold(job, time.Time{})
			start(job)
		}
	}
}

// lease outlasts a call and the storing of its answer.
func (s *Sender) lease() time.Duration { return 2 * s.cfg.CallTimeout }

// look begins a look at the outbox and returns the messages in our hands.
func (s *Sender) look() map[string]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.left)
	return maps.Clone(s.calls)
}

// hold has a message in our hands; due is when it is to be tried again, zero as long as it isn't.
func (s *Sender) hold(job desk.Send, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[job.MessageID] = due
}

// release lets a message go.
func (s *Sender) release(job desk.Send) {
	s.mu.Lock()
	s.left[job.MessageID] = s.calls[job.MessageID]
	delete(s.calls, job.MessageID)
	s.mu.Unlock()
	s.Wake() // for the contact's next message, or one for which there was no room
}

// giveBack undoes the claim of a message that was in our hands: its lease had run out before what became of it could
// be stored. That is no reason to send it twice, and the claim may be older than what is stored by now. What is to be
// tried again is due when it was to be.
func (s *Sender) giveBack(ctx context.Context, job desk.Send) {
	s.mu.Lock()
	due, ours := s.calls[job.MessageID]
	if !ours {
		due = s.left[job.MessageID]
	}
	s.mu.Unlock()
	if due.IsZero() {
		return // under way, or its answer is stored or will be
	}
	err := s.settleOnce(ctx, func(ctx context.Context) error {
		return s.cfg.Outbox.SendLater(ctx, job.TenantID, job.MessageID, due)
	})
	if err != nil {
		s.cfg.Logger.Warn("a claimed message can't be given back; it is due when its lease is over", "message", job.MessageID, "error", err)
	}
	s.Wake()
}

// handle sends one message and stores what became of it.
func (s *Sender) handle(ctx context.Context, job desk.Send) {
	defer s.release(job)
	failpoint.Hit(failpoint.SendClaimed)
	start := time.Now()
	o := s.call(ctx, job)
	failpoint.Hit(failpoint.SendAnswered)
	took, now := time.Since(start), s.cfg.Now()
	log := s.cfg.Logger.With("tenant", job.TenantID, "message", job.MessageID, "attempt", job.Attempts)
	next := now.Add(max(backoff(job.Attempts), o.retryAfter))
	switch {
	case o.wamid != "":
		s.settle(ctx, log, func(ctx context.Context) error {
			return s.cfg.Outbox.SendAccepted(ctx, job.TenantID, job.MessageID, o.wamid, now)
		})
		s.cfg.Done("accepted", took)
	case o.final || next.Sub(job.QueuedAt) > sendFor:
		log.Warn("the provider refused a message", "code", o.code)
		s.settle(ctx, log, func(ctx context.Context) error {
			return s.cfg.Outbox.SendRejected(ctx, job.TenantID, job.MessageID, portal.MessageError{Code: o.code, Message: o.reason}, now)
		})
		s.cfg.Done("rejected", took)
	default:
		log.Info("a message could not be sent, trying again", "code", o.code, "reason", o.reason, "next", next)
		s.hold(job, next)
		s.settle(ctx, log, func(ctx context.Context) error {
			return s.cfg.Outbox.SendLater(ctx, job.TenantID, job.MessageID, next)
		})
		time.AfterFunc(next.Sub(s.cfg.Now()), s.Wake)
		s.cfg.Done("later", took)
	}
}

// call asks the provider, unless the tenant has no channel to ask through.
func (s *Sender) call(ctx context.Context, job desk.Send) outcome {
	if job.Channel.PhoneNumberID == "" || job.Channel.AccessToken == "" {
		return outcome{final: true, code: "channel_not_set_up", reason: "The WhatsApp channel has no phone number id or access token"}
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	return s.graph.send(ctx, job, s.cfg.Now())
}

// settle stores an answer, however long the database is away: the answer is known, so the message must not go out
// again for that. Only the process's end gives up.
func (s *Sender) settle(ctx context.Context, log *slog.Logger, store func(context.Context) error) {
	for {
		err := s.settleOnce(ctx, store)
		switch {
		case err == nil:
			failpoint.Hit(failpoint.SendStored)
			return
		case portal.CodeOf(err) == portal.NotFound:
			log.Warn("a message that was sent is gone", "error", err)
			return
		case ctx.Err() != nil:
			log.Error("a provider's answer could not be stored before the end: the message will go out again", "error", err)
			return
		}
		log.Warn("a provider's answer can't be stored, trying again", "error", err)
		wait := time.NewTimer(settleRetry)
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
		wait.Stop()
	}
}

// settleOnce tries with a bound of its own, so that it is tried once even when the calls have been cut off.
func (s *Sender) settleOnce(ctx context.Context, store func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	return store(ctx)
}

// backoff is the time before the next attempt after as many.
func backoff(attempts int) time.Duration {
	delay := firstDelay
	for range min(attempts-1, 20) {
		delay = min(2*delay, lastDelay)
	}
	return delay
}
