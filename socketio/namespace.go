package socketio

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/agentportal/portal/socketio/adapter"
)

// Namespace is a group of sockets with their own middleware, handlers and
// rooms. Its methods are safe for concurrent use.
type Namespace struct {
	srv     *Server
	name    string
	own     hooks
	pattern *Pattern // that made it; nil: none
	adapter adapter.Adapter
	// remote says that there may be other nodes, keepText that packets are
	// needed as text after they are framed.
	remote, keepText bool
	ids              atomic.Uint64 // of acknowledgements
	users            int           // guarded by srv.mu; 0: gone
}

// hooks are what an application binds to a namespace or a pattern.
type hooks struct {
	mu     sync.RWMutex
	uses   []func(context.Context, *Socket) error
	conns  []func(context.Context, *Socket)
	events map[string][]Handler
}

func newNamespace(s *Server, name string, p *Pattern) *Namespace {
	n := &Namespace{srv: s, name: name, pattern: p}
	n.adapter = s.cfg.Adapter(name, host{n})
	_, local := n.adapter.(*adapter.Memory)
	n.remote = !local
	n.keepText = n.remote || s.cfg.Sessions != nil
	return n
}

// Name is the namespace's name, "/" for the default one.
func (n *Namespace) Name() string { return n.name }

// Len is the number of sockets of this node.
func (n *Namespace) Len() int { return n.adapter.Len() }

// Use adds a middleware, which every connecting socket passes before it is in
// the namespace. A *ConnectError refuses it, an error wrapping ErrTryLater
// closes its transport, any other error is logged and refuses it with the
// message "internal error". Recovered sockets pass it too. It runs on a
// goroutine of its own; ctx is done when the client goes away.
func (n *Namespace) Use(fn func(ctx context.Context, s *Socket) error) { n.own.use(fn) }

// OnConnection adds a function that gets every new socket and binds its
// handlers. No event is handled before it returns.
func (n *Namespace) OnConnection(fn func(ctx context.Context, s *Socket)) { n.own.onConnection(fn) }

// On adds a handler of an event for all sockets, called before their own.
func (n *Namespace) On(event string, fn Handler) { n.own.on(event, fn) }

// To addresses the sockets in any of the rooms; no room: all sockets. A socket's
// id is the name of a room of its own.
func (n *Namespace) To(rooms ...string) *Broadcast {
	return &Broadcast{ns: n, target: adapter.Target{Rooms: rooms}}
}

// In is To.
func (n *Namespace) In(rooms ...string) *Broadcast { return n.To(rooms...) }

// Except addresses all sockets but those in any of the rooms.
func (n *Namespace) Except(rooms ...string) *Broadcast { return n.To().Except(rooms...) }

// Volatile addresses all sockets; see Broadcast.Volatile.
func (n *Namespace) Volatile() *Broadcast { return n.To().Volatile() }

// Local addresses all sockets of this node.
func (n *Namespace) Local() *Broadcast { return n.To().Local() }

// Emit sends an event to all sockets.
func (n *Namespace) Emit(event string, args ...any) error { return n.To().Emit(event, args...) }

// Send sends a packet to all sockets.
func (n *Namespace) Send(p *Packet) error { return n.To().Send(p) }

// EmitWithAck sends an event to all sockets and gathers their answers.
func (n *Namespace) EmitWithAck(ctx context.Context, event string, args ...any) ([]Reply, error) {
	return n.To().EmitWithAck(ctx, event, args...)
}

// FetchSockets lists all sockets.
func (n *Namespace) FetchSockets(ctx context.Context) ([]RemoteSocket, error) {
	return n.To().FetchSockets(ctx)
}

// SocketsJoin makes all sockets join the rooms.
func (n *Namespace) SocketsJoin(rooms ...string) { n.To().SocketsJoin(rooms...) }

// SocketsLeave makes all sockets leave the rooms.
func (n *Namespace) SocketsLeave(rooms ...string) { n.To().SocketsLeave(rooms...) }

// DisconnectSockets ends all sockets; with closeTransport also their connections.
func (n *Namespace) DisconnectSockets(closeTransport bool) { n.To().DisconnectSockets(closeTransport) }

// mayWait says whether connecting runs code that may wait for something.
func (n *Namespace) mayWait() bool {
	return n.srv.cfg.Sessions != nil || len(n.middleware()) > 0
}

func (n *Namespace) middleware() []func(context.Context, *Socket) error {
	if n.pattern == nil {
		return n.own.middleware()
	}
	return slices.Concat(n.pattern.own.middleware(), n.own.middleware())
}

func (n *Namespace) onConnection() []func(context.Context, *Socket) {
	if n.pattern == nil {
		return n.own.connections()
	}
	return slices.Concat(n.pattern.own.connections(), n.own.connections())
}

// call runs the namespace's handlers of an event; false: there is none.
func (n *Namespace) call(ctx context.Context, c *Call) bool {
	found := n.own.call(ctx, c)
	return n.pattern != nil && n.pattern.own.call(ctx, c) || found
}

// log is what notes and numbers events before they are delivered; nil: nothing.
func (n *Namespace) log() *MemorySessions {
	m, _ := n.srv.cfg.Sessions.(*MemorySessions)
	return m
}

// volatile is the packet in a form that no client takes for one with an offset.
func (n *Namespace) volatile(p *Packet) *Packet {
	if n.srv.cfg.Sessions != nil && p.endsInString() {
		return p.with([]byte("null"))
	}
	return p
}

func (h *hooks) use(fn func(context.Context, *Socket) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.uses = append(h.uses[:len(h.uses):len(h.uses)], fn)
}

func (h *hooks) onConnection(fn func(context.Context, *Socket)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conns = append(h.conns[:len(h.conns):len(h.conns)], fn)
}

func (h *hooks) on(event string, fn Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.events == nil {
		h.events = make(map[string][]Handler)
	}
	fns := h.events[event]
	h.events[event] = append(fns[:len(fns):len(fns)], fn)
}

func (h *hooks) middleware() []func(context.Context, *Socket) error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.uses
}

func (h *hooks) connections() []func(context.Context, *Socket) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.conns
}

func (h *hooks) call(ctx context.Context, c *Call) bool {
	h.mu.RLock()
	fns := h.events[c.Event]
	h.mu.RUnlock()
	for _, fn := range fns {
		fn(ctx, c)
	}
	return len(fns) > 0
}
