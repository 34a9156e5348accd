package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio/adapter"
	"github.com/agentportal/portal/socketio/packet"
)

// Socket is one client's connection to one namespace. Its methods are safe for
// concurrent use; its handlers run one at a time, in the order of arrival, on
// the goroutine that reads the connection.
type Socket struct {
	// First what every event to the socket needs, close together; see
	// engineio.Conn.
	gate    atomic.Pointer[gate] // nil: open
	conn    *engineio.Conn       // the client's
	session *memorySession       // of MemorySessions; guarded by it
	gone    atomic.Bool          // ctx is done

	recovered bool
	told      bool  // OnDisconnect's functions have been called; guarded by mu
	state     state // guarded by mu

	// Set before anybody else knows the socket.
	ns      *Namespace
	client  *client
	id, pid string
	auth    json.RawMessage
	opened  time.Time
	ctx     context.Context // done when the socket has ended; see Context
	cancel  context.CancelCauseFunc

	lane       lane
	acks       acks
	membership adapter.Membership // guarded by the adapter

	mu       sync.Mutex
	rooms    []string // those at the end
	data     any
	bindings []binding
	hooks    *socketHooks // nil: none
}

type state byte

const (
	connecting state = iota
	connected
	ended
)

// socketHooks are what few sockets have.
type socketHooks struct {
	any  []Handler
	uses []func(ctx context.Context, c *Call) error
	ends []func(DisconnectReason)
}

// binding is a handler of one event. Sockets have few: a list is smaller than a
// map, and as fast.
type binding struct {
	event string
	fn    Handler
}

// Handler gets an incoming event. ctx is the socket's.
type Handler = func(ctx context.Context, c *Call)

// Handshake is what a client sent when it connected. It is not to be changed.
type Handshake struct {
	Auth       json.RawMessage // the object of the CONNECT packet; nil: none
	Header     http.Header     // of the request that opened the connection
	Query      url.Values
	RemoteAddr string
	Time       time.Time // of the CONNECT packet
}

func newSocket(c *client, n *Namespace, auth json.RawMessage) *Socket {
	s := &Socket{conn: c.conn, ns: n, client: c, id: newID(), auth: auth, opened: time.Now()}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.gate.Store(newGate())
	return s
}

// ID is the socket's id: 20 URL-safe characters. It is final once the
// middleware has passed: a recovered socket gets its old id back.
func (s *Socket) ID() string { return s.id }

// PID is the private id that recovery goes by; empty: no recovery.
func (s *Socket) PID() string { return s.pid }

// Recovered says that the socket goes on where an earlier one broke off.
func (s *Socket) Recovered() bool { return s.recovered }

// Namespace is where the socket is connected to.
func (s *Socket) Namespace() *Namespace { return s.ns }

// Conn is the connection beneath, which may carry sockets of other namespaces.
func (s *Socket) Conn() *engineio.Conn { return s.conn }

// Context is done when the socket has ended; its cause is the DisconnectReason.
// Handlers get it.
func (s *Socket) Context() context.Context { return s.ctx }

// Handshake is what the client sent when it connected.
func (s *Socket) Handshake() *Handshake {
	h := &Handshake{Auth: s.auth, Time: s.opened}
	if r := s.conn.Request(); r != nil {
		h.Header, h.RemoteAddr = r.Header, r.RemoteAddr
		if r.URL != nil {
			h.Query = r.URL.Query()
		}
	}
	return h
}

// SetData keeps a value of the application's with the socket.
func (s *Socket) SetData(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = v
}

// Data is what SetData kept; nil: nothing.
func (s *Socket) Data() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// over says whether the socket has ended.
func (s *Socket) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == ended
}

// Connected says whether the socket takes and gets events.
func (s *Socket) Connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == connected
}

// On adds a handler of an event. Handlers are best bound in OnConnection, before
// the first event can arrive; those bound with Namespace.On cost no memory a socket.
func (s *Socket) On(event string, fn Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bindings = append(s.bindings[:len(s.bindings):len(s.bindings)], binding{event, fn})
}

// Off removes the socket's handlers of an event.
func (s *Socket) Off(event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kept []binding
	for _, b := range s.bindings {
		if b.event != event {
			kept = append(kept, b)
		}
	}
	s.bindings = kept
}

// OnAny adds a handler of the events that have no other.
func (s *Socket) OnAny(fn Handler) {
	s.hook(func(h *socketHooks) { h.any = append(h.any, fn) })
}

// Use adds a function that every incoming event passes before its handlers. On
// an error the event goes no further; the function may have acknowledged it.
func (s *Socket) Use(fn func(ctx context.Context, c *Call) error) {
	s.hook(func(h *socketHooks) { h.uses = append(h.uses, fn) })
}

// OnDisconnect adds a function that is called once when the socket has ended,
// after the handler that may be running; if it has ended already, soon. What is
// bound in a middleware is called also when the socket is then refused. Rooms
// still tells the rooms it was in.
func (s *Socket) OnDisconnect(fn func(reason DisconnectReason)) {
	s.hook(func(h *socketHooks) { h.ends = append(h.ends, fn) })
	s.mu.Lock()
	late := s.told
	s.mu.Unlock()
	if late {
		s.ns.srv.crew.run(s.tellEnd)
	}
}

// tellEnd calls what OnDisconnect has added and not yet called.
func (s *Socket) tellEnd() {
	s.mu.Lock()
	s.told = true
	var ends []func(DisconnectReason)
	if s.hooks != nil {
		h := *s.hooks
		ends, h.ends = h.ends, nil
		s.hooks = &h
	}
	s.mu.Unlock()
	var reason DisconnectReason
	errors.As(context.Cause(s.ctx), &reason)
	for _, fn := range ends {
		s.guard(func() { fn(reason) })
	}
}

// hook changes a copy of the hooks, so that they are read without a lock.
func (s *Socket) hook(change func(*socketHooks)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var h socketHooks
	if s.hooks != nil {
		h = *s.hooks
		h.any, h.uses, h.ends = h.any[:len(h.any):len(h.any)], h.uses[:len(h.uses):len(h.uses)], h.ends[:len(h.ends):len(h.ends)]
	}
	change(&h)
	s.hooks = &h
}

// Join enters rooms. Joining a room twice, or after the end, has no effect.
func (s *Socket) Join(rooms ...string) { s.ns.adapter.Join(s, rooms...) }

// Leave leaves rooms.
func (s *Socket) Leave(rooms ...string) { s.ns.adapter.Leave(s, rooms...) }

// Rooms lists the rooms in the order of joining, and after the end those that
// the socket was in. The room of its own id is not among them.
func (s *Socket) Rooms() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == ended {
		return s.rooms
	}
	return s.ns.adapter.Rooms(s)
}

// To addresses the sockets in any of the rooms (all, if none is named), but not
// this one.
func (s *Socket) To(rooms ...string) *Broadcast { return s.ns.To(rooms...).Except(s.id) }

// Membership implements adapter.Member.
func (s *Socket) Membership() *adapter.Membership { return &s.membership }

// Disconnect ends the socket with a DISCONNECT packet: the client does not come
// back by itself. The connection stays, for other namespaces.
func (s *Socket) Disconnect() {
	if s.Connected() {
		_ = s.conn.Send(engineio.NewTextFrame(packet.AppendDisconnect(nil, s.ns.name)))
	}
	s.end(DisconnectReason{Code: ReasonServer}, false)
}

// CloseTransport closes the connection beneath, with all its sockets, after
// flushing what is queued: the client comes back by itself. The sockets have
// left their rooms when it returns.
func (s *Socket) CloseTransport(reason DisconnectReason) { s.client.close(reason) }

// end takes the socket out of everything, once. onReader says that the caller is
// the connection's reader, so that OnDisconnect may run right here.
func (s *Socket) end(reason DisconnectReason, onReader bool) {
	s.mu.Lock()
	was := s.state
	if was == ended {
		s.mu.Unlock()
		return
	}
	s.state = ended
	if was == connected {
		s.rooms = s.ns.adapter.Rooms(s)
	}
	s.mu.Unlock()

	s.depart(reason)
	s.client.remove(s)
	s.gone.Store(true)
	s.cancel(reason)
	s.gate.Load().drop()
	s.acks.end()
	s.lane.finish(s, onReader)
	s.ns.srv.leave(s.ns)
}

// depart leaves all rooms; MemorySessions notes where.
func (s *Socket) depart(reason DisconnectReason) {
	if m, ok := s.ns.srv.cfg.Sessions.(*MemorySessions); ok {
		m.depart(s, reason)
		return
	}
	s.ns.adapter.Remove(s)
}

// guard runs code of the application's; a panic ends the connection, not the
// process.
func (s *Socket) guard(fn func()) {
	defer s.rescue()
	fn()
}

// rescue is deferred around code of the application's.
func (s *Socket) rescue() {
	if p := recover(); p != nil {
		s.ns.srv.cfg.Logger.Error("socketio: panic", "namespace", s.ns.name, "panic", p, "stack", string(debug.Stack()))
		s.CloseTransport(DisconnectReason{Code: ReasonPanic, ComeBack: true})
	}
}
