package socketio

import (
	"context"
	"sync"

	"github.com/agentportal/portal/socketio/packet"
)

// lane runs what belongs to one socket one after another: packets in the order
// of arrival, functions given to Hold, and OnDisconnect last. A packet is
// handled on the reader's goroutine unless the lane is busy; then it waits and
// whoever is busy takes it. So a socket has no goroutine of its own.
type lane struct {
	mu      sync.Mutex
	busy    bool
	over    bool // the socket has ended: nothing more is taken
	waiting []packet.Packet
	bytes   int // of waiting
	holds   []func(context.Context)
	tell    bool // that the socket has ended, which is done last
}

// Hold runs fn on a goroutine of its own, after the handler that may be running.
// Until it returns, the socket's later events wait in their order, bounded by
// Config.HoldPackets and HoldBytes; acknowledgements and heartbeat go on. ctx is
// the socket's. On a socket that has ended fn does not run.
func (s *Socket) Hold(fn func(ctx context.Context)) { s.lane.hold(s, fn) }

// receive takes an event from the connection.
func (s *Socket) receive(p packet.Packet) {
	taken, flood := s.lane.take(p, s.ns.srv.cfg.HoldPackets, s.ns.srv.cfg.HoldBytes)
	switch {
	case flood:
		s.client.close(DisconnectReason{Code: ReasonFlood, ComeBack: true})
	case !taken:
		s.handle(p)
		s.settle(true)
	}
}

// take lets the packet wait if the lane is busy; otherwise the caller is now
// the one who is busy.
func (l *lane) take(p packet.Packet, maxPackets, maxBytes int) (taken, flood bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return true, false
	}
	if !l.busy {
		l.busy = true
		return false, false
	}
	size := weight(p)
	if len(l.waiting) >= maxPackets || len(l.waiting) > 0 && l.bytes+size > maxBytes {
		return true, true
	}
	l.waiting = append(l.waiting, p)
	l.bytes += size
	return true, false
}

// weight is what a packet holds, in bytes, roughly.
func weight(p packet.Packet) int {
	n := len(p.Event)
	for _, a := range p.Args {
		n += len(a)
	}
	for _, a := range p.Attachments {
		n += len(a)
	}
	return n
}

// begin makes the caller busy, on a socket that nobody else knows yet.
func (l *lane) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = true
}

// hold queues fn before what waits, and starts a goroutine if nobody is busy.
func (l *lane) hold(s *Socket, fn func(context.Context)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.holds = append(l.holds, fn)
	if !l.busy {
		l.busy = true
		s.ns.srv.crew.run(func() { s.settle(false) })
	}
}

// holdFirst is hold before all others; the caller is busy.
func (l *lane) holdFirst(fn func(context.Context)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holds = append([]func(context.Context){fn}, l.holds...)
}

// finish drops what waits and ends the lane with OnDisconnect.
func (l *lane) finish(s *Socket, onReader bool) {
	l.mu.Lock()
	l.over, l.tell = true, true
	l.waiting, l.holds = nil, nil
	mine := !l.busy
	l.busy = true
	l.mu.Unlock()
	switch {
	case mine && onReader:
		s.settle(true)
	case mine:
		s.ns.srv.crew.run(func() { s.settle(false) })
	}
}

// settle does what came while the caller was busy, until nothing is left. The
// reader leaves functions given to Hold, and all after them, to a goroutine.
func (s *Socket) settle(onReader bool) {
	for {
		todo := s.lane.next()
		switch {
		case todo.tell:
			s.tellEnd()
		case todo.held != nil && onReader:
			held := todo.held // alone, so that no event's task is on the heap
			s.ns.srv.crew.run(func() {
				s.runHeld(held)
				s.settle(false)
			})
			return
		case todo.held != nil:
			s.runHeld(todo.held)
		case todo.event:
			s.handle(todo.packet)
		default:
			return
		}
	}
}

// runHeld runs a function given to Hold.
func (s *Socket) runHeld(held func(context.Context)) { s.guard(func() { held(s.ctx) }) }

// task is what to do next: one of these, or nothing at all.
type task struct {
	tell   bool
	held   func(context.Context)
	event  bool
	packet packet.Packet
}

// next takes the next task; none ends being busy.
func (l *lane) next() task {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.tell:
		l.tell = false
		return task{tell: true}
	case len(l.holds) > 0:
		held := l.holds[0]
		l.holds = l.holds[1:]
		return task{held: held}
	case len(l.waiting) > 0:
		p := l.waiting[0]
		l.waiting[0] = packet.Packet{}
		l.waiting = l.waiting[1:]
		l.bytes -= weight(p)
		return task{event: true, packet: p}
	}
	l.busy, l.holds, l.waiting = false, nil, nil
	return task{}
}
