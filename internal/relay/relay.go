package relay

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// Log is what the relay needs of the store.
type Log interface {
	View(ctx context.Context, tenantID string, fn func(store.ReadTx) error) error
	// Heads lists the newest seq of every tenant.
	Heads(ctx context.Context) (map[string]int64, error)
}

// Entry is an event together with its encoded form F, which every socket that
// gets the event shares.
type Entry[F any] struct {
	portal.Event
	Frame F
}

// Sink is where events go.
type Sink[F any] interface {
	// Encode makes the shared form of an event. It is pure; it may be called by
	// several goroutines and more than once for the same event.
	Encode(tenantID string, e portal.Event) (F, error)
	// Deliver is called in the tenant's loop, in seq order, once for each event
	// after the position at which the loop began. It must not block.
	Deliver(tenantID string, e Entry[F])
	// Skipped is called in the tenant's loop where events were trimmed before
	// they could be delivered: whoever is connected has missed them for good.
	Skipped(tenantID string)
}

// Config of a Relay. Log and Sink are needed.
type Config[F any] struct {
	Log    Log
	Sink   Sink[F]
	Logger *slog.Logger
	// Poll is how often the heads of all logs are compared, which heals a lost
	// hint. 0: one second.
	Poll time.Duration
	// Window is how many of a tenant's newest entries stay in memory for
	// replays. 0: 2,048.
	Window int
	// WindowBytes bounds the bodies of those entries. 0: 16 MiB.
	WindowBytes int
	// KeepBytes bounds the bodies of older events, of all tenants, that stay in
	// memory while they are replayed. 0: 64 MiB.
	KeepBytes int
	// Page is how many events one read of the log takes. 0: 256.
	Page int
}

// Relay runs the tenants' loops. All methods may be called by several
// goroutines.
type Relay[F any] struct {
	cfg    Config[F]
	ctx    context.Context // ends every loop; cancelled by Close
	cancel context.CancelFunc
	wg     sync.WaitGroup

	starts singleflight.Group
	lag    atomic.Int64

	mu    sync.Mutex
	loops map[string]*loop[F]
	pages *pages[F]
}

// New makes a Relay; loops start when a tenant is first asked for. Close ends
// them.
func New[F any](cfg Config[F]) *Relay[F] {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Poll <= 0 {
		cfg.Poll = time.Second
	}
	if cfg.Window <= 0 {
		cfg.Window = 2048
	}
	if cfg.WindowBytes <= 0 {
		cfg.WindowBytes = 16 << 20
	}
	if cfg.KeepBytes <= 0 {
		cfg.KeepBytes = 64 << 20
	}
	if cfg.Page <= 0 {
		cfg.Page = 256
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Relay[F]{cfg: cfg, ctx: ctx, cancel: cancel, loops: map[string]*loop[F]{}}
	r.pages = newPages(cfg.Page, cfg.KeepBytes, r.load)
	r.wg.Go(r.poll)
	return r
}

// Close ends all loops and waits for them.
func (r *Relay[F]) Close() {
	r.cancel()
	r.wg.Wait()
}

// Committed hands over events that this process has just committed, in seq
// order. Tenants without a loop are ignored: nobody listens.
func (r *Relay[F]) Committed(tenantID string, events []portal.Event) {
	if l := r.existing(tenantID); l != nil {
		l.offer(events)
	}
}

// Hint says that a tenant's log may have grown.
func (r *Relay[F]) Hint(tenantID string) {
	if l := r.existing(tenantID); l != nil {
		l.nudge()
	}
}

// Moved says that a tenant's log has grown to seq on another node.
func (r *Relay[F]) Moved(tenantID string, seq int64) {
	if l := r.existing(tenantID); l != nil && l.position() < seq {
		l.nudge()
	}
}

// Do runs fn in the tenant's loop, between two events: everything up to pos has
// been delivered, nothing after it has. fn must not block. The first Do for a
// tenant starts its loop at the end of the log; an unreadable log is the error.
func (r *Relay[F]) Do(ctx context.Context, tenantID string, fn func(pos int64)) error {
	l, err := r.loopOf(ctx, tenantID)
	if err != nil {
		return err
	}
	return l.do(ctx, fn)
}

// WaitFor returns once the tenant's loop has delivered seq.
func (r *Relay[F]) WaitFor(ctx context.Context, tenantID string, seq int64) error {
	for {
		var pos int64
		if err := r.Do(ctx, tenantID, func(p int64) { pos = p }); err != nil {
			return err
		}
		if pos >= seq {
			return nil
		}
		r.Hint(tenantID)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Lag is how many committed events the loop that is furthest behind had not
// delivered when the heads were last compared.
func (r *Relay[F]) Lag() int64 { return r.lag.Load() }

func (r *Relay[F]) existing(tenantID string) *loop[F] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loops[tenantID]
}

func (r *Relay[F]) loopOf(ctx context.Context, tenantID string) (*loop[F], error) {
	if l := r.existing(tenantID); l != nil {
		return l, nil
	}
	// Many may ask at once, after a restart; one of them reads.
	start := r.starts.DoChan(tenantID, func() (any, error) { return r.startLoop(tenantID) })
	select {
	case started := <-start:
		if started.Err != nil {
			return nil, started.Err
		}
		return started.Val.(*loop[F]), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// startLoop runs a loop from the end of the tenant's log.
func (r *Relay[F]) startLoop(tenantID string) (*loop[F], error) {
	var head int64
	err := r.cfg.Log.View(r.ctx, tenantID, func(tx store.ReadTx) (err error) {
		head, err = tx.LastSeq(r.ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.loops[tenantID]; l != nil {
		return l, nil
	}
	if r.ctx.Err() != nil {
		return nil, portal.Errorf(portal.Unavailable, "the relay is closed")
	}
	l := newLoop(r, tenantID, head)
	r.loops[tenantID] = l
	r.wg.Go(l.run)
	return l, nil
}

// poll compares the loops' positions with the logs, so that commits of other
// nodes arrive even when no hint does.
func (r *Relay[F]) poll() {
	tick := time.NewTicker(r.cfg.Poll)
	defer tick.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-tick.C:
		}
		heads, err := r.cfg.Log.Heads(r.ctx)
		if err != nil {
			continue // the database is away; the loops say so when they need it
		}
		var lag int64
		for tenantID, head := range heads {
			if l := r.existing(tenantID); l != nil && l.position() < head {
				lag = max(lag, head-l.position())
				l.nudge()
			}
		}
		r.lag.Store(lag)
	}
}
