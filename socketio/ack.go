package socketio

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio/packet"
)

// acks are the acknowledgements that the client owes. Ids come from the
// namespace, so that one broadcast has one id.
type acks struct {
	mu    sync.Mutex
	owed  map[uint64]ackFunc
	ended bool
}

// ackFunc gets an acknowledgement, or nil when the socket ends without it. It
// is called at most once and must not block.
type ackFunc func(p *packet.Packet)

// owe registers fn; false: the socket has ended.
func (a *acks) owe(id uint64, fn ackFunc) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return false
	}
	if a.owed == nil {
		a.owed = make(map[uint64]ackFunc)
	}
	a.owed[id] = fn
	return true
}

// take takes back what is owed; nil: nothing is, or it has come.
func (a *acks) take(id uint64) ackFunc {
	a.mu.Lock()
	defer a.mu.Unlock()
	fn := a.owed[id]
	delete(a.owed, id)
	return fn
}

// resolve hands over an acknowledgement. One that nobody waits for is ignored.
func (a *acks) resolve(p packet.Packet) {
	if fn := a.take(p.ID); fn != nil {
		fn(&p)
	}
}

func (a *acks) end() {
	a.mu.Lock()
	owed := a.owed
	a.ended, a.owed = true, nil
	a.mu.Unlock()
	for _, fn := range owed {
		fn(nil)
	}
}

// EmitWithAck sends an event and waits for its acknowledgement, whose values it
// returns. It fails when ctx is done (a late acknowledgement is then ignored) or
// the socket ends (ErrDisconnected). Such an event is not recovered. A handler
// that waits keeps the connection's reader, and with it the acknowledgement,
// from going on: call EmitWithAck inside Hold or on a goroutine.
func (s *Socket) EmitWithAck(ctx context.Context, event string, args ...any) ([]json.RawMessage, error) {
	id := s.ns.ids.Add(1)
	p, err := s.ns.encode(id, true, event, args)
	if err != nil {
		return nil, err
	}
	got := make(chan *packet.Packet, 1)
	if !s.acks.owe(id, func(p *packet.Packet) { got <- p }) {
		return nil, ErrDisconnected
	}
	if err := s.push(p, false); err != nil {
		s.acks.take(id)
		return nil, err
	}
	select {
	case p := <-got:
		return answer(s, p)
	case <-ctx.Done():
		if s.acks.take(id) != nil {
			return nil, fmt.Errorf("socketio: acknowledgement of %q: %w", event, context.Cause(ctx))
		}
		return answer(s, <-got)
	}
}

func answer(s *Socket, p *packet.Packet) ([]json.RawMessage, error) {
	if p == nil {
		return nil, context.Cause(s.ctx)
	}
	return inline(p)
}

// inline is a packet's values with their attachments in base64.
func inline(p *packet.Packet) ([]json.RawMessage, error) {
	if len(p.Attachments) == 0 {
		return p.Args, nil
	}
	out := make([]json.RawMessage, len(p.Args))
	for i, arg := range p.Args {
		var err error
		if out[i], err = (packet.Value{JSON: arg, Attachments: p.Attachments}).Inline(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ack acknowledges an event of the client.
func (s *Socket) ack(id uint64, args []any) error {
	buf := scratch.Get().(*[]byte)
	text, attachments, err := packet.AppendAck((*buf)[:0], s.ns.name, id, args)
	if err != nil {
		return err
	}
	if len(attachments) > s.ns.srv.cfg.MaxAttachments {
		return fmt.Errorf("socketio: acknowledgement: %w", packet.ErrAttachments)
	}
	first := [1]*engineio.Frame{engineio.NewTextFrame(text)}
	keepScratch(buf, text)
	return s.conn.Send(frames(first[:], attachments)...)
}
