package socketio

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/agentportal/portal/socketio/adapter"
	"github.com/agentportal/portal/socketio/packet"
)

// host is a namespace as its adapter sees it.
type host struct{ ns *Namespace }

// Apply implements adapter.Host.
func (h host) Apply(t adapter.Target, op adapter.Op) { h.ns.apply(t, op) }

// Answer implements adapter.Host.
func (h host) Answer(ctx context.Context, t adapter.Target, q adapter.Question, fn func(adapter.Answer)) {
	if q.Event == "" {
		h.ns.adapter.Each(t, func(m adapter.Member) { fn(describe(m.(*Socket))) })
		return
	}
	args := make([]any, len(q.Args))
	for i, a := range q.Args {
		args[i] = packet.Value{JSON: a, Attachments: q.Attachments}
	}
	if p, _, err := h.ns.question(q.Event, args); err == nil {
		h.ns.ask(ctx, t, p, fn)
	}
}

func describe(s *Socket) adapter.Answer {
	data, err := json.Marshal(s.Data())
	if err != nil {
		data = nil
	}
	return adapter.Answer{SocketID: s.id, Rooms: s.Rooms(), Data: data}
}

// apply carries out an operation on the sockets of this node.
func (n *Namespace) apply(t adapter.Target, op adapter.Op) {
	if op.Emit != nil {
		p := newPacket(n, op.Emit.Text, op.Emit.Attachments)
		p.text, p.attachments = op.Emit.Text, op.Emit.Attachments
		b := &Broadcast{ns: n, target: t, volatile: op.Emit.Volatile}
		b.deliver(p)
		return
	}
	n.adapter.Each(t, func(m adapter.Member) {
		s := m.(*Socket)
		s.Join(op.Join...)
		s.Leave(op.Leave...)
		switch {
		case op.Disconnect == nil:
		case op.Disconnect.Transport:
			s.client.disconnect()
		default:
			s.Disconnect()
		}
	})
}

// asked is an event that wants acknowledgements, with its id.
type asked struct {
	id     uint64
	packet *Packet
}

// question encodes an event for this node and for the others.
func (n *Namespace) question(event string, args []any) (asked, adapter.Question, error) {
	id := n.ids.Add(1)
	p, err := n.encode(id, true, event, args)
	if err != nil || !n.remote {
		return asked{id, p}, adapter.Question{}, err
	}
	text, attachments, err := packet.AppendAck(nil, "/", 0, args)
	if err != nil {
		return asked{}, adapter.Question{}, err
	}
	var d packet.Decoder
	d.MaxAttachments = n.srv.cfg.MaxAttachments
	whole, _, err := d.Text(text)
	for _, a := range attachments {
		whole, _, err = d.Binary(a)
	}
	return asked{id, p}, adapter.Question{Event: event, Args: whole.Args, Attachments: attachments}, err
}

// ask sends the event to the sockets of this node and calls fn, one call at a
// time, with every answer, and for every socket that gave none.
func (n *Namespace) ask(ctx context.Context, t adapter.Target, q asked, fn func(adapter.Answer)) {
	var mu sync.Mutex
	var all []*Socket
	var wait sync.WaitGroup
	n.adapter.Each(t, func(m adapter.Member) {
		s := m.(*Socket)
		wait.Add(1)
		owed := s.acks.owe(q.id, func(p *packet.Packet) {
			defer wait.Done()
			mu.Lock()
			defer mu.Unlock()
			if p == nil {
				fn(adapter.Answer{SocketID: s.id, Missing: true})
				return
			}
			fn(adapter.Answer{SocketID: s.id, Args: p.Args, Attachments: p.Attachments})
		})
		if !owed {
			wait.Done()
			return
		}
		all = append(all, s)
		_ = s.push(q.packet, false)
	})
	stop := context.AfterFunc(ctx, func() {
		for _, s := range all {
			if fn := s.acks.take(q.id); fn != nil {
				fn(nil)
			}
		}
	})
	defer stop()
	wait.Wait()
}
