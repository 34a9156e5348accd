// Package live serves agents' sockets: the handshake, rooms, typing, the
// client's events and durable recovery. It is the relay's sink.
//
// What a socket has been sent is described by one number, its position in the
// tenant's log. A socket starts, and comes back, by reading the log from a
// position until it meets the relay's loop, and turns live inside that loop;
// from then on each event is handed to it in seq order. A new connection and a
// recovered one differ only in where they begin and what they had joined.
package live

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/internal/relay"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/socketio"
)

// Access decides who is connecting.
type Access interface {
	// Verify returns who holds the access token and until when. An
	// *auth.TokenError says what is wrong with it; anything else that it can't
	// tell now.
	Verify(ctx context.Context, token string) (portal.Identity, time.Time, error)
	// OnSignOut registers a listener for ended sign-ins.
	OnSignOut(fn func(authSessionID string))
}

// Desk answers what a socket may join.
type Desk interface {
	// CanSee is NotFound for a missing conversation and for another tenant's.
	CanSee(ctx context.Context, who portal.Identity, conversationID string) error
}

// Sessions is the part of the store that live works with.
type Sessions interface {
	store.RecoverySessions
	View(ctx context.Context, tenantID string, fn func(store.ReadTx) error) error
	Heads(ctx context.Context) (map[string]int64, error)
	Epoch(ctx context.Context) (string, error)
}

// Peers are the other nodes. Losing a message between them loses a typing
// indicator at worst.
type Peers interface {
	// Typing passes a typing event on to the other nodes' members of the room.
	Typing(conversationID string, event string, body []byte)
}

// Config of Live. Store, Access and Desk are needed.
type Config struct {
	Store  Sessions
	Access Access
	Desk   Desk
	Peers  Peers // nil: one node
	Socket socketio.Config
	Relay  struct {
		Poll         time.Duration
		Window, Page int
	}
	// Node names this process among the nodes; recovery sessions carry it.
	Node string
	// Shared tells that other nodes use the same database, so that a socket
	// may be taken over elsewhere and must be looked after.
	Shared bool
	// MaxMissed is how many missed events a recovery replays. 0: 10,000.
	MaxMissed int
	// ConfirmEvery is how often positions of connected sockets are noted, so
	// that trimming doesn't strand a quiet one. 0: one hour.
	ConfirmEvery time.Duration
	// Ready tells why a new connection can't be served now; nil: it can.
	Ready  func() error
	Now    func() time.Time
	Logger *slog.Logger
}

// Live is the socket side of the portal. All methods may be called by several
// goroutines.
type Live struct {
	cfg      Config
	epoch    string
	server   *socketio.Server
	ns       *socketio.Namespace
	relay    *relay.Relay[*socketio.Packet]
	bounds   *boundsReader
	clients  *registry
	stats    *stats
	draining atomic.Bool
	signOuts atomic.Int64   // heard of so far
	ending   sync.WaitGroup // clean-ups after disconnects
}

// New makes the server and its relay. It reads the log's epoch.
func New(ctx context.Context, cfg Config) (*Live, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxMissed <= 0 {
		cfg.MaxMissed = 10_000
	}
	if cfg.ConfirmEvery <= 0 {
		cfg.ConfirmEvery = time.Hour
	}
	epoch, err := cfg.Store.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	l := &Live{cfg: cfg, epoch: epoch, bounds: newBoundsReader(cfg.Store), clients: newRegistry(), stats: newStats()}
	sc := cfg.Socket
	sc.Sessions = l
	sc.Engine.AllowRequest = l.allow(sc.Engine.AllowRequest)
	l.server = socketio.NewServer(sc)
	l.ns = l.server.Of("/")
	l.ns.Use(l.authenticate)
	l.ns.OnConnection(l.bind)
	l.relay = relay.New(relay.Config[*socketio.Packet]{
		Log: cfg.Store, Sink: sink{l}, Logger: cfg.Logger,
		Poll: cfg.Relay.Poll, Window: cfg.Relay.Window, Page: cfg.Relay.Page,
	})
	cfg.Access.OnSignOut(l.signedOut)
	return l, nil
}

// ServeHTTP serves the sockets' requests; mount it at /socket.io/.
func (l *Live) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.server.ServeHTTP(w, r) }

// Committed hands over events that this process has committed, in seq order.
func (l *Live) Committed(tenantID string, events []portal.Event) { l.relay.Committed(tenantID, events) }

// Hint says that another node has committed events of a tenant, up to seq.
func (l *Live) Hint(tenantID string, seq int64) { l.relay.Moved(tenantID, seq) }

// Run looks after the connected sockets until ctx is done.
func (l *Live) Run(ctx context.Context) error {
	confirm := time.NewTicker(l.cfg.ConfirmEvery)
	defer confirm.Stop()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-confirm.C:
			l.confirm(ctx)
		case <-second.C:
			l.endExpired()
			if l.cfg.Shared {
				l.closeTakenOver(ctx)
			}
		}
	}
}

// Shutdown refuses new connections and closes the transports one after another
// over the given time; clients come back by themselves, to another process or
// to the next one.
func (l *Live) Shutdown(ctx context.Context, over time.Duration) error {
	l.draining.Store(true)
	err := l.server.Shutdown(ctx, over)
	l.relay.Close()
	l.bounds.going.Wait()
	l.ending.Wait()
	return err
}

// Close ends everything at once.
func (l *Live) Close() error {
	l.draining.Store(true)
	err := l.server.Close()
	l.relay.Close()
	l.bounds.going.Wait()
	l.ending.Wait()
	return err
}

// errTryLater is for connections that can't be served now.
func tryLater(err error) error { return errors.Join(socketio.ErrTryLater, err) }

// asTokenError tells a refused token from a failure to check it.
func asTokenError(err error) (*auth.TokenError, bool) {
	var refused *auth.TokenError
	ok := errors.As(err, &refused)
	return refused, ok
}
