package socketio

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/agentportal/portal/socketio/adapter"
	"github.com/agentportal/portal/socketio/packet"
)

// Broadcast addresses a set of sockets of a namespace. A method that narrows or
// widens the set returns a copy.
type Broadcast struct {
	ns              *Namespace
	target          adapter.Target
	volatile, local bool
}

// To adds rooms to those addressed.
func (b *Broadcast) To(rooms ...string) *Broadcast {
	c := *b
	c.target.Rooms = slices.Concat(b.target.Rooms, rooms)
	return &c
}

// In is To.
func (b *Broadcast) In(rooms ...string) *Broadcast { return b.To(rooms...) }

// Except leaves out the sockets that are in any of the rooms.
func (b *Broadcast) Except(rooms ...string) *Broadcast {
	c := *b
	c.target.Except = slices.Concat(b.target.Except, rooms)
	return &c
}

// Volatile lets the event be dropped for a socket whose queue is half full. It
// is not recovered.
func (b *Broadcast) Volatile() *Broadcast {
	c := *b
	c.volatile = true
	return &c
}

// Local keeps to the sockets of this node.
func (b *Broadcast) Local() *Broadcast {
	c := *b
	c.local = true
	return &c
}

// Emit sends an event, encoded and framed once; see Namespace.Encode for its
// arguments. An error means that the event could not be encoded or handed to
// the other nodes; a socket that can't take it is closed as slow.
func (b *Broadcast) Emit(event string, args ...any) error {
	p, err := b.ns.Encode(event, args...)
	if err != nil {
		return err
	}
	return b.Send(p)
}

// Send sends a packet made by Namespace.Encode. It holds no lock while it hands
// the packet to the sockets, and waits for none of them.
func (b *Broadcast) Send(p *Packet) error {
	if p.ns != b.ns {
		return errOtherNamespace
	}
	switch log := b.ns.log(); {
	case b.volatile:
		b.deliver(b.ns.volatile(p))
	case log != nil:
		log.record(b.ns.name, b.target, p, b.deliver)
	default:
		b.deliver(p)
	}
	if b.local || !b.ns.remote {
		return nil
	}
	return b.publish(adapter.Op{Emit: &adapter.Message{Text: p.text, Attachments: p.attachments, Volatile: b.volatile}})
}

// deliver hands a packet to the sockets of this node.
func (b *Broadcast) deliver(p *Packet) {
	b.ns.adapter.Each(b.target, func(m adapter.Member) {
		_ = m.(*Socket).push(p, b.volatile) // a socket that can't take it is closed
	})
}

// Reply is one socket's answer to EmitWithAck.
type Reply struct {
	SocketID string
	// Args are the values of the acknowledgement, attachments in base64.
	Args []json.RawMessage
}

// EmitWithAck sends an event and gathers the answers, in the order of their
// coming, until all have come or ctx is done. When some are missing it returns
// what has come and an error.
func (b *Broadcast) EmitWithAck(ctx context.Context, event string, args ...any) ([]Reply, error) {
	p, q, err := b.ns.question(event, args)
	if err != nil {
		return nil, err
	}
	g := gathering{}
	var wait sync.WaitGroup
	wait.Go(func() { b.ns.ask(ctx, b.target, p, g.add) })
	if !b.local && b.ns.remote {
		wait.Go(func() { g.fail(b.ns.adapter.Ask(ctx, b.target, q, g.add)) })
	}
	wait.Wait()
	return g.result(ctx, event)
}

// gathering collects answers from several goroutines.
type gathering struct {
	mu      sync.Mutex
	replies []Reply
	missing int
	err     error
}

func (g *gathering) add(a adapter.Answer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a.Missing {
		g.missing++
		return
	}
	args, err := inline(&packet.Packet{Args: a.Args, Attachments: a.Attachments})
	if err != nil {
		g.missing++
		return
	}
	g.replies = append(g.replies, Reply{SocketID: a.SocketID, Args: args})
}

func (g *gathering) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = err
}

func (g *gathering) result(ctx context.Context, event string) ([]Reply, error) {
	switch {
	case g.err != nil:
		return g.replies, fmt.Errorf("socketio: asking other nodes: %w", g.err)
	case g.missing > 0 && ctx.Err() != nil:
		return g.replies, fmt.Errorf("socketio: %d acknowledgements of %q missing: %w", g.missing, event, context.Cause(ctx))
	case g.missing > 0:
		return g.replies, fmt.Errorf("socketio: %d acknowledgements of %q missing: %w", g.missing, event, ErrDisconnected)
	}
	return g.replies, nil
}

// RemoteSocket describes a socket, which may be on another node. It is reached
// through its id, which is a room's name.
type RemoteSocket struct {
	ID    string
	Rooms []string
	// Data is what the application set on the socket; of a socket on another
	// node it is a json.RawMessage.
	Data any
}

// FetchSockets lists the set, in no order.
func (b *Broadcast) FetchSockets(ctx context.Context) ([]RemoteSocket, error) {
	var out []RemoteSocket
	b.ns.adapter.Each(b.target, func(m adapter.Member) {
		s := m.(*Socket)
		out = append(out, RemoteSocket{ID: s.id, Rooms: s.Rooms(), Data: s.Data()})
	})
	if b.local || !b.ns.remote {
		return out, nil
	}
	err := b.ns.adapter.Ask(ctx, b.target, adapter.Question{}, func(a adapter.Answer) {
		out = append(out, RemoteSocket{ID: a.SocketID, Rooms: a.Rooms, Data: a.Data})
	})
	return out, err
}

// SocketsJoin makes the set join the rooms.
func (b *Broadcast) SocketsJoin(rooms ...string) { b.do(adapter.Op{Join: rooms}) }

// SocketsLeave makes the set leave the rooms.
func (b *Broadcast) SocketsLeave(rooms ...string) { b.do(adapter.Op{Leave: rooms}) }

// DisconnectSockets ends the set with DISCONNECT packets: the clients don't come
// back by themselves. With closeTransport it ends their sockets of other
// namespaces too, and then the connections.
func (b *Broadcast) DisconnectSockets(closeTransport bool) {
	b.do(adapter.Op{Disconnect: &adapter.Disconnect{Transport: closeTransport}})
}

// do carries out an operation here and on the other nodes.
func (b *Broadcast) do(op adapter.Op) {
	b.ns.apply(b.target, op)
	if b.local || !b.ns.remote {
		return
	}
	if err := b.publish(op); err != nil {
		b.ns.srv.cfg.Logger.Error("socketio: publish", "namespace", b.ns.name, "error", err)
	}
}

func (b *Broadcast) publish(op adapter.Op) error {
	if err := b.ns.adapter.Publish(context.Background(), b.target, op); err != nil {
		return fmt.Errorf("socketio: publish: %w", err)
	}
	return nil
}
