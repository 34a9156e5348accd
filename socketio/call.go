package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"

	"github.com/agentportal/portal/socketio/packet"
)

// ErrAckedTwice says that an event has been acknowledged before.
var ErrAckedTwice = errors.New("socketio: acknowledged twice")

// Value is a JSON value with its binary attachments; as an argument of Emit or
// Ack it is passed on as it is.
type Value = packet.Value

// Call is one incoming event. It may be kept after its handler has returned.
type Call struct {
	Socket *Socket
	Event  string
	// Args are the event's arguments. An attachment stands in them as
	// {"_placeholder":true,"num":N}.
	Args []json.RawMessage

	attachments [][]byte
	id          uint64
	hasAck      bool
	acked       atomic.Bool
}

// HasAck says whether the client wants an acknowledgement.
func (c *Call) HasAck() bool { return c.hasAck }

// Ack acknowledges the event, once: at any time, from any goroutine. Without a
// client that wants it, it does nothing. Arguments are those of Emit.
func (c *Call) Ack(args ...any) error {
	if !c.hasAck {
		return nil
	}
	if c.acked.Swap(true) {
		return ErrAckedTwice
	}
	return c.Socket.ack(c.id, args)
}

// Attachment is the binary attachment of that number; nil: there is none.
func (c *Call) Attachment(i int) []byte {
	if i < 0 || i >= len(c.attachments) {
		return nil
	}
	return c.attachments[i]
}

// Value is the argument i with its attachments.
func (c *Call) Value(i int) Value {
	if i >= len(c.Args) {
		return Value{}
	}
	return Value{JSON: c.Args[i], Attachments: c.attachments}
}

// Member is the member of that name of the argument i, an object, with its
// attachments; its JSON is nil where there is none. Nothing is decoded: it is
// for what is only passed on.
func (c *Call) Member(i int, name string) Value {
	if i >= len(c.Args) {
		return Value{}
	}
	return Value{JSON: packet.Member(c.Args[i], name), Attachments: c.attachments}
}

// Values are all arguments, to be passed on with Emit or Ack.
func (c *Call) Values() []any {
	out := make([]any, len(c.Args))
	for i := range c.Args {
		out[i] = c.Value(i)
	}
	return out
}

// Decode decodes the argument i into v as encoding/json does; attachments go
// into []byte. A missing argument leaves v alone.
func (c *Call) Decode(i int, v any) error {
	if i >= len(c.Args) {
		return nil
	}
	raw, err := c.Value(i).Inline()
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

// On binds a handler that gets the event's first argument decoded into a T; a
// missing one is T's zero value. An argument that does not decode goes to
// Config.BadArgument instead.
func On[T any](s *Socket, event string, fn func(ctx context.Context, s *Socket, arg T, c *Call)) {
	s.On(event, func(ctx context.Context, c *Call) {
		var arg T
		if err := c.Decode(0, &arg); err != nil {
			if bad := s.ns.srv.cfg.BadArgument; bad != nil {
				bad(ctx, c, err)
			}
			return
		}
		fn(ctx, s, arg, c)
	})
}

// handle runs an event's middleware and handlers.
func (s *Socket) handle(p packet.Packet) {
	defer s.rescue()
	c := &Call{Socket: s, Event: p.Event, Args: p.Args, attachments: p.Attachments, id: p.ID, hasAck: p.HasID}
	s.mu.Lock()
	bindings, hooks, over := s.bindings, s.hooks, s.state == ended
	s.mu.Unlock()
	if over {
		return
	}
	if hooks == nil {
		hooks = &noHooks
	}
	for _, use := range hooks.uses {
		if err := use(s.ctx, c); err != nil {
			return
		}
	}
	found := s.ns.call(s.ctx, c)
	for _, b := range bindings {
		if b.event == p.Event {
			found = true
			b.fn(s.ctx, c)
		}
	}
	if !found {
		for _, fn := range hooks.any {
			fn(s.ctx, c)
		}
	}
}

var noHooks socketHooks
