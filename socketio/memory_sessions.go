package socketio

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/agentportal/portal/socketio/adapter"
)

// MemorySessions is a SessionStore that keeps sessions and recent events in this
// process: what it recovers survives a broken connection, but neither a restart
// nor a move to another node.
//
// It adds to every event that is neither volatile nor acknowledged a last
// argument, the offset, as the original server does. Its methods are safe for
// concurrent use.
type MemorySessions struct {
	// Owner, when set before use, names whom a socket belongs to, after its
	// middleware: a session is recovered for its owner only.
	Owner func(s *Socket) string

	window time.Duration
	max    int
	epoch  string // tells our offsets from those of an earlier process

	mu     sync.Mutex
	spaces map[string]*memorySpace
}

// memorySpace is the log and the sessions of one namespace.
type memorySpace struct {
	mu       sync.Mutex
	log      []memoryEvent // of the positions first, first+1, …
	first    uint64
	sessions map[string]*memorySession // by pid
	swept    time.Time
}

type memoryEvent struct {
	at     time.Time
	target adapter.Target
	packet *Packet
}

// memorySession is what a client may come back to.
type memorySession struct {
	sid, pid, owner string
	start           uint64 // position that the client surely knows
	sent            uint64 // of the last event handed to the connection

	socket *Socket // nil: broken off; then the rest counts
	left   uint64  // position at the break
	leftAt time.Time
	rooms  []string
	data   any
}

// NewMemorySessions keeps sessions for window after they broke off, and events
// as long, but at most maxPackets of them in each namespace.
func NewMemorySessions(window time.Duration, maxPackets int) *MemorySessions {
	return &MemorySessions{
		window: window, max: maxPackets,
		epoch:  newID()[:8],
		spaces: make(map[string]*memorySpace),
	}
}

func (m *MemorySessions) space(namespace string) *memorySpace {
	m.mu.Lock()
	defer m.mu.Unlock()
	sp := m.spaces[namespace]
	if sp == nil {
		sp = &memorySpace{first: 1, sessions: make(map[string]*memorySession), swept: time.Now()}
		m.spaces[namespace] = sp
	}
	return sp
}

// Open implements SessionStore.
func (m *MemorySessions) Open(ctx context.Context, s *Socket, ask RecoveryAsk) (Session, error) {
	sp := m.space(s.ns.name)
	owner := ""
	if m.Owner != nil {
		owner = m.Owner(s)
	}
	for {
		sp.mu.Lock()
		predecessor := sp.predecessor(ask.PID, owner)
		if predecessor == nil {
			break
		}
		sp.mu.Unlock()
		predecessor.CloseTransport(DisconnectReason{Code: ReasonReplaced, ComeBack: true})
	}
	defer sp.mu.Unlock()
	m.sweep(sp)
	known := sp.sessions[ask.PID]
	missed, ok := m.missed(sp, known, owner, ask.Offset)
	if !ok {
		known = &memorySession{sid: s.id, pid: newID(), owner: owner, start: sp.last(), sent: sp.last()}
		sp.sessions[known.pid] = known
	}
	if err := sp.attach(s, known); err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{SID: known.sid, PID: known.pid}, nil
	}
	return Session{SID: known.sid, PID: known.pid, Recovered: true, gated: true,
		Resume: func(ctx context.Context, s *Socket) error { return sp.replay(ctx, s, missed) }}, nil
}

// predecessor is the half-open socket of a session that is asked for.
func (sp *memorySpace) predecessor(pid, owner string) *Socket {
	if known := sp.sessions[pid]; known != nil && known.owner == owner {
		return known.socket
	}
	return nil
}

// missed is what a session's client has not got; false: that can't be told.
func (m *MemorySessions) missed(sp *memorySpace, known *memorySession, owner, offset string) ([]memoryEvent, bool) {
	if known == nil || known.owner != owner || time.Since(known.leftAt) > m.window {
		return nil, false
	}
	at := max(m.position(offset), known.start)
	if at > sp.last() {
		return nil, false
	}
	if at+1 < sp.first {
		// The log has lost the position; it is of no matter if nothing was sent
		// between it and the break.
		if known.sent > at || known.left+1 < sp.first {
			return nil, false
		}
		at = known.left
	}
	known.start = at
	var missed []memoryEvent
	for _, e := range sp.log[at+1-sp.first:] {
		if known.meant(e.target) {
			missed = append(missed, e)
		}
	}
	return missed, true
}

// meant says whether the session's socket was addressed.
func (k *memorySession) meant(t adapter.Target) bool {
	in := func(room string) bool { return room == k.sid || slices.Contains(k.rooms, room) }
	return (len(t.Rooms) == 0 || slices.ContainsFunc(t.Rooms, in)) && !slices.ContainsFunc(t.Except, in)
}

// attach makes the socket the session's, in its rooms: from this position of the
// log on, what is sent to them waits behind the socket's gate.
func (sp *memorySpace) attach(s *Socket, k *memorySession) error {
	k.socket, s.session, s.id = s, k, k.sid
	if s.over() {
		k.socket, k.left, k.leftAt = nil, sp.last(), time.Now()
		return ErrDisconnected
	}
	if s.Data() == nil {
		s.SetData(k.data)
	}
	s.ns.adapter.Add(s)
	s.ns.adapter.Join(s, k.rooms...)
	return nil
}

// replay sends what was missed, as the socket's queue drains.
func (sp *memorySpace) replay(ctx context.Context, s *Socket, missed []memoryEvent) error {
	for _, e := range missed {
		if err := s.conn.SendWait(ctx, e.packet.frames...); err != nil {
			return err
		}
		sp.mu.Lock()
		s.session.sent = max(s.session.sent, e.packet.seq)
		sp.mu.Unlock()
	}
	return nil
}

// record numbers an event, keeps it and delivers it. The lock that orders the
// log is held meanwhile, so that every socket gets events in the log's order;
// delivering waits for nobody.
func (m *MemorySessions) record(namespace string, t adapter.Target, p *Packet, deliver func(*Packet)) {
	sp := m.space(namespace)
	sp.mu.Lock()
	defer sp.mu.Unlock()
	seq := sp.last() + 1
	p = p.with(strconv.AppendQuote(nil, m.epoch+"."+strconv.FormatUint(seq, 36)))
	p.seq = seq
	now := time.Now()
	sp.log = append(sp.log, memoryEvent{at: now, target: t, packet: p})
	for len(sp.log) > 0 && (len(sp.log) > m.max || now.Sub(sp.log[0].at) > m.window) {
		sp.log[0] = memoryEvent{}
		sp.log = sp.log[1:]
		sp.first++
	}
	deliver(p)
}

// depart takes an ended socket out of its rooms and notes what to come back to.
func (m *MemorySessions) depart(s *Socket, reason DisconnectReason) {
	sp := m.space(s.ns.name)
	sp.mu.Lock()
	defer sp.mu.Unlock()
	rooms := s.ns.adapter.Rooms(s)
	s.ns.adapter.Remove(s)
	k := s.session
	if k == nil || k.socket != s {
		return
	}
	k.socket, k.left, k.leftAt, k.rooms, k.data = nil, sp.last(), time.Now(), rooms, s.Data()
	if reason.Code == ReasonClient || reason.Code == ReasonServer {
		delete(sp.sessions, k.pid)
	}
}

// position is the one that an offset stands for; 0: it is none of ours.
func (m *MemorySessions) position(offset string) uint64 {
	digits, ours := strings.CutPrefix(offset, m.epoch+".")
	if !ours {
		return 0
	}
	seq, err := strconv.ParseUint(digits, 36, 63)
	if err != nil {
		return 0
	}
	return seq
}

// last is the position of the newest event.
func (sp *memorySpace) last() uint64 { return sp.first + uint64(len(sp.log)) - 1 }

// sweep forgets sessions that are too old, now and then.
func (m *MemorySessions) sweep(sp *memorySpace) {
	now := time.Now()
	if now.Sub(sp.swept) < m.window/4 {
		return
	}
	sp.swept = now
	for pid, k := range sp.sessions {
		if k.socket == nil && now.Sub(k.leftAt) > m.window {
			delete(sp.sessions, pid)
		}
	}
}
