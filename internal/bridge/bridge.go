// Package bridge carries queue deliveries to the desk: it decodes them, keeps
// each contact's order, commits what waits together, and acknowledges only what
// is committed.
//
// What can never be applied becomes a dead letter with a reason and holds up
// nothing. What can't be applied for now is kept, unacknowledged, and tried again;
// it holds up only its own contact. While the database is away nothing is taken.
package bridge

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/queue"
	"golang.org/x/sync/errgroup"
)

// The queues' names, unless configured.
const (
	DefaultInboundQueue = "INBOUND_WHATSAPP_MESSAGES"
	DefaultStatusQueue  = "WHATSAPP_STATUS_UPDATES"
)

// prefetch is how many deliveries of one queue are in hand at most. Those of a
// contact that is held up count, so it is larger than a batch.
const prefetch = 1000

// Desk is what the bridge needs of internal/desk. Receive and Report promise one
// result for each item of a batch, and that none behind one that is to be tried
// again is applied if it is of the same contact, or message.
type Desk interface {
	ResolveTenant(ctx context.Context, tenantID, phoneNumberID string) (string, error)
	Receive(ctx context.Context, tenantID string, batch []desk.Inbound) []error
	Report(ctx context.Context, tenantID string, batch []desk.Report) []error
	ExpiredReports(ctx context.Context, limit int) ([]desk.ParkedReport, error)
	DropReport(ctx context.Context, id int64) error
}

// Config is what a bridge works with. Queue and Desk are needed.
type Config struct {
	Queue queue.Queue
	Desk  Desk
	// InboundQueue and StatusQueue are the queues' names; the defaults if empty.
	InboundQueue, StatusQueue string
	// Ready tells why nothing can be committed for now, quickly; nil: it can. Until then nothing more is taken. A nil
	// Ready is always ready.
	Ready func() error
	// Logger hears of dead letters and of what has to be tried again; discarded if nil.
	Logger  *slog.Logger
	Metrics Metrics
}

// Metrics are called as things happen, from several goroutines; nil ones are not.
type Metrics struct {
	Applied       func(queue string, n int) // deliveries acknowledged
	Dead          func(queue string)        // deliveries dead-lettered
	Retried       func(queue string)        // deliveries that have to be tried again
	UnknownStatus func()                    // reports with a status that isn't known
}

// Bridge consumes the two queues.
type Bridge struct {
	queue           queue.Queue
	desk            Desk
	ready           func() error
	inbound, status string
	log             *slog.Logger
	metrics         Metrics
}

// New makes a bridge.
func New(c Config) *Bridge {
	b := &Bridge{queue: c.Queue, desk: c.Desk, ready: c.Ready, inbound: c.InboundQueue, status: c.StatusQueue, log: c.Logger, metrics: c.Metrics.filled()}
	if b.inbound == "" {
		b.inbound = DefaultInboundQueue
	}
	if b.status == "" {
		b.status = DefaultStatusQueue
	}
	if b.ready == nil {
		b.ready = func() error { return nil }
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	return b
}

// Run makes the queues where they don't exist and consumes them until ctx is done;
// then it finishes what it holds, gives back what it can't, and returns nil.
// It returns an error only when the queue was closed under it.
func (b *Bridge) Run(ctx context.Context) error {
	if !b.declare(ctx) {
		return nil
	}
	inbound := &line[desk.Inbound]{bridge: b, queue: b.inbound, decode: decodeInbound, apply: b.desk.Receive}
	status := &line[desk.Report]{bridge: b, queue: b.status, decode: b.decodeReport, apply: b.desk.Report}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return inbound.run(ctx) })
	group.Go(func() error { return status.run(ctx) })
	group.Go(func() error { b.buryExpired(ctx); return nil })
	return group.Wait()
}

// declare tries until the queues exist; false if ctx is done before.
func (b *Bridge) declare(ctx context.Context) bool {
	for wait := firstWait; ; wait = min(2*wait, lastDeclareWait) {
		err := b.queue.Declare(ctx, b.inbound, b.status)
		if err == nil {
			return true
		}
		if ctx.Err() != nil || errors.Is(err, queue.ErrClosed) {
			return false
		}
		b.log.Warn("the queues can't be made for now, trying again", "error", err)
		if !sleep(ctx, wait) {
			return false
		}
	}
}

// lastDeclareWait keeps a broker's return from going unnoticed for long.
const lastDeclareWait = 4 * time.Second

// sleep waits; false if ctx is done before.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (m Metrics) filled() Metrics {
	if m.Applied == nil {
		m.Applied = func(string, int) {}
	}
	if m.Dead == nil {
		m.Dead = func(string) {}
	}
	if m.Retried == nil {
		m.Retried = func(string) {}
	}
	if m.UnknownStatus == nil {
		m.UnknownStatus = func() {}
	}
	return m
}
