package socketio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio/packet"
)

// connect answers a CONNECT packet ("Connection to a namespace").
func (c *client) connect(p packet.Packet) {
	n := c.srv.enter(p.Namespace)
	if n == nil {
		c.refuse(p.Namespace, &ConnectError{Message: "Invalid namespace"})
		return
	}
	s := newSocket(c, n, p.Data)
	added, full := c.add(s)
	if !added {
		c.srv.leave(n)
		if full {
			c.refuse(n.name, &ConnectError{Message: "Too many namespaces"})
		}
		return
	}
	if n.mayWait() {
		s.lane.hold(s, func(context.Context) { s.connect() })
		return
	}
	s.lane.begin()
	s.guard(s.connect)
	s.settle(true)
}

// refuse sends CONNECT_ERROR.
func (c *client) refuse(namespace string, refusal *ConnectError) {
	data, err := json.Marshal(struct {
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{refusal.Message, refusal.Data})
	if err != nil {
		c.srv.cfg.Logger.Error("socketio: data of a ConnectError", "namespace", namespace, "error", err)
		data = []byte(`{"message":"internal error"}`)
	}
	_ = c.conn.Send(engineio.NewTextFrame(packet.AppendConnect(nil, packet.ConnectError, namespace, data)))
}

// connect takes the socket into its namespace: middleware, session, answer,
// handlers. It runs in the socket's lane, so that packets wait for it.
func (s *Socket) connect() {
	for _, fn := range s.ns.middleware() {
		if err := fn(s.ctx, s); err != nil {
			s.reject(err)
			return
		}
	}
	session, err := s.openSession()
	if err != nil {
		s.reject(err)
		return
	}
	if !s.enter(session) {
		return
	}
	for _, fn := range s.ns.onConnection() {
		fn(s.ctx, s)
	}
}

// openSession asks the store, if there is one.
func (s *Socket) openSession() (Session, error) {
	store := s.ns.srv.cfg.Sessions
	if store == nil {
		return Session{}, nil
	}
	session, err := store.Open(s.ctx, s, recoveryAsk(s.auth))
	if refusal := (*ConnectError)(nil); err != nil && !errors.As(err, &refusal) {
		err = errors.Join(ErrTryLater, err)
	}
	return session, err
}

// recoveryAsk is what the client's CONNECT asks to recover.
func recoveryAsk(auth json.RawMessage) RecoveryAsk {
	var ask struct {
		PID    any `json:"pid"`
		Offset any `json:"offset"`
	}
	if auth == nil || json.Unmarshal(auth, &ask) != nil {
		return RecoveryAsk{}
	}
	pid, _ := ask.PID.(string)
	offset, _ := ask.Offset.(string)
	return RecoveryAsk{PID: pid, Offset: offset}
}

// enter makes the socket a member of its namespace and answers CONNECT. What is
// sent to it meanwhile waits behind its gate, so that the answer comes first.
func (s *Socket) enter(session Session) bool {
	s.mu.Lock()
	if s.state == ended { // whose end reads what follows
		s.mu.Unlock()
		return false
	}
	if session.SID != "" {
		s.id = session.SID
	}
	s.pid, s.recovered = session.PID, session.Recovered
	s.state = connected
	s.ns.adapter.Add(s)
	s.mu.Unlock()
	if session.Resume != nil {
		s.lane.holdFirst(func(ctx context.Context) { s.resume(ctx, session) })
	}
	s.ns.adapter.Join(s, session.Rooms...)
	s.client.keep()
	_ = s.conn.Send(engineio.NewApartFrame(s.answer()))
	if !session.gated {
		s.openGate(s.ctx)
	}
	return true
}

// answer is the CONNECT packet: sid, and pid when there is recovery.
func (s *Socket) answer() []byte {
	data := strconv.AppendQuote([]byte(`{"sid":`), s.id)
	if s.pid != "" {
		data = strconv.AppendQuote(append(data, `,"pid":`...), s.pid)
	}
	return packet.AppendConnect(nil, packet.Connect, s.ns.name, append(data, '}'))
}

// resume sends what the client has missed.
func (s *Socket) resume(ctx context.Context, session Session) {
	err := session.Resume(ctx, s)
	if err == nil && session.gated {
		err = s.openGate(ctx)
	}
	if errors.Is(err, engineio.ErrQueueFull) || errors.Is(err, engineio.ErrClosed) {
		return // the connection is ending, with a reason of its own
	}
	if err != nil && ctx.Err() == nil {
		s.ns.srv.cfg.Logger.Warn("socketio: resume", "namespace", s.ns.name, "error", err)
		s.CloseTransport(DisconnectReason{Code: ReasonTryLater, Err: err, ComeBack: true})
	}
}

// reject ends a socket that a middleware or the store refused.
func (s *Socket) reject(err error) {
	var refusal *ConnectError
	switch {
	case s.ctx.Err() != nil:
		return
	case errors.Is(err, ErrTryLater):
		s.ns.srv.cfg.Logger.Info("socketio: connect put off", "namespace", s.ns.name, "error", err)
		s.client.close(DisconnectReason{Code: ReasonTryLater, Err: err, ComeBack: true})
		return
	case !errors.As(err, &refusal):
		s.ns.srv.cfg.Logger.Error("socketio: middleware", "namespace", s.ns.name, "error", err)
		refusal = &ConnectError{Message: "internal error"}
	}
	s.end(DisconnectReason{Code: ReasonServer, Err: err}, false) // first: the client may try again as soon as it is told
	s.client.refuse(s.ns.name, refusal)
}

// newID makes an unguessable id of 20 URL-safe characters (120 random bits).
func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
