package socketio

import (
	"context"
	"sync"
)

// gateLimit bounds the packets that wait behind a gate.
const gateLimit = 4096

// gate keeps back what is sent to a socket until the CONNECT answer, and with
// MemorySessions the missed events, are on their way.
type gate struct {
	mu      sync.Mutex
	open    bool
	waiting []*Packet
}

func newGate() *gate { return &gate{} }

// put keeps a packet back. passed: the gate is open, send it yourself.
func (g *gate) put(p *Packet) (passed, full bool) {
	if g == nil {
		return true, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open {
		return true, false
	}
	if len(g.waiting) >= gateLimit {
		return false, true
	}
	g.waiting = append(g.waiting, p)
	return false, false
}

// take is what waits; when nothing does, the gate is open from now on.
func (g *gate) take() []*Packet {
	g.mu.Lock()
	defer g.mu.Unlock()
	waiting := g.waiting
	g.waiting = nil
	g.open = len(waiting) == 0
	return waiting
}

// drop opens the gate of a socket that has ended.
func (g *gate) drop() {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open, g.waiting = true, nil
}

// openGate sends what waits and opens the gate.
func (s *Socket) openGate(ctx context.Context) error {
	g := s.gate.Load()
	if g == nil {
		return nil
	}
	for {
		waiting := g.take()
		if len(waiting) == 0 {
			s.gate.Store(nil)
			return nil
		}
		for _, p := range waiting {
			if err := s.conn.SendWait(ctx, p.frames...); err != nil {
				return err
			}
		}
	}
}
