package socketio

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio/adapter"
	"github.com/agentportal/portal/socketio/packet"
)

// Packet is an event encoded and framed once, to be sent to any number of
// sockets of its namespace. It never changes and is safe for concurrent use.
type Packet struct {
	ns     *Namespace
	frames []*engineio.Frame
	// text and attachments are kept only where they are needed again: for
	// recovery's offset and for other nodes.
	text        []byte
	attachments [][]byte
	seq         uint64 // position in the log of MemorySessions; 0: none

	one [1]*engineio.Frame // the backing of frames without attachments
}

// Encode encodes an event. An argument may be anything that encoding/json
// takes; a json.RawMessage passes through untouched and must be valid; a []byte,
// also inside a map[string]any or []any, becomes a binary attachment.
func (n *Namespace) Encode(event string, args ...any) (*Packet, error) {
	return n.encode(0, false, event, args)
}

// scratch are buffers to encode into; frames copy what they take.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch bounds the buffers that are kept, in bytes.
const maxScratch = 64 << 10

func (n *Namespace) encode(id uint64, hasID bool, event string, args []any) (*Packet, error) {
	buf := scratch.Get().(*[]byte)
	text, attachments, err := packet.AppendEvent((*buf)[:0], n.name, id, hasID, event, args)
	if err != nil {
		return nil, err
	}
	if len(attachments) > n.srv.cfg.MaxAttachments {
		return nil, fmt.Errorf("socketio: event %q: %w", event, packet.ErrAttachments)
	}
	p := newPacket(n, text, attachments)
	if n.keepText {
		p.text, p.attachments = append([]byte(nil), text...), attachments
	}
	keepScratch(buf, text)
	return p, nil
}

// newPacket frames a packet; text is copied for that.
func newPacket(n *Namespace, text []byte, attachments [][]byte) *Packet {
	p := &Packet{ns: n}
	p.one[0] = engineio.NewTextFrame(text)
	p.frames = frames(p.one[:], attachments)
	return p
}

// keepScratch gives a buffer back, unless it has grown beyond what is usual.
func keepScratch(buf *[]byte, grown []byte) {
	if cap(grown) <= maxScratch {
		*buf = grown
		scratch.Put(buf)
	}
}

// with is the packet with one more argument, given as JSON.
func (p *Packet) with(arg []byte) *Packet {
	text := append(p.text[:len(p.text)-1:len(p.text)-1], ',')
	text = append(append(text, arg...), ']')
	longer := newPacket(p.ns, text, p.attachments)
	longer.text, longer.attachments = text, p.attachments
	return longer
}

// endsInString says whether the official client would take the last argument,
// or the name of an event without any, for a recovery offset.
func (p *Packet) endsInString() bool {
	return len(p.text) > 1 && p.text[len(p.text)-2] == '"'
}

// frames makes the frames of a packet: its text, then its attachments.
func frames(text []*engineio.Frame, attachments [][]byte) []*engineio.Frame {
	for _, a := range attachments {
		text = append(text, engineio.NewBinaryFrame(a))
	}
	return text
}

// Emit sends an event; see Namespace.Encode for its arguments. With a
// MemorySessions it is recovered if the socket breaks before it has come.
func (s *Socket) Emit(event string, args ...any) error {
	p, err := s.ns.Encode(event, args...)
	if err != nil {
		return err
	}
	return s.Send(p)
}

// EmitVolatile sends an event that is dropped when the socket's queue is half
// full. It is not recovered. While there is recovery, a null is added to one
// that ends with a string, which the client would take for an offset.
func (s *Socket) EmitVolatile(event string, args ...any) error {
	p, err := s.ns.Encode(event, args...)
	if err != nil {
		return err
	}
	return s.push(s.ns.volatile(p), true)
}

// errOtherNamespace refuses a packet that was encoded for another namespace.
var errOtherNamespace = errors.New("socketio: packet of another namespace")

// Send sends a packet made by Namespace.Encode.
func (s *Socket) Send(p *Packet) error {
	if p.ns != s.ns {
		return errOtherNamespace
	}
	log := s.ns.log()
	if log == nil {
		return s.push(p, false)
	}
	var err error
	log.record(s.ns.name, adapter.Target{Rooms: []string{s.id}}, p, func(p *Packet) { err = s.push(p, false) })
	return err
}

// SendWait is Send that waits while the socket's queue is more than a quarter
// full, and never counts as slow: for replays. It is not recorded for recovery.
func (s *Socket) SendWait(ctx context.Context, p *Packet) error {
	if p.ns != s.ns {
		return errOtherNamespace
	}
	return s.conn.SendWait(ctx, p.frames...)
}

// push hands a packet to the connection, or to the gate before it.
func (s *Socket) push(p *Packet, volatile bool) error {
	if p.seq > 0 && s.session != nil {
		s.session.sent = p.seq // the log's lock is held
	}
	if g := s.gate.Load(); g != nil {
		if passed, full := g.put(p); full {
			// Not here: the caller may hold the lock that the end of a socket takes.
			s.ns.srv.crew.run(func() { s.client.close(DisconnectReason{Code: "slow", ComeBack: true}) })
			return engineio.ErrQueueFull
		} else if !passed {
			return nil
		}
	}
	if s.gone.Load() {
		return ErrDisconnected
	}
	if volatile {
		s.conn.SendVolatile(p.frames...)
		return nil
	}
	return s.conn.Send(p.frames...)
}
