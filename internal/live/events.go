package live

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/bodies"
	"github.com/agentportal/portal/socketio"
)

// storeTimeout bounds what an event may wait for the database.
const storeTimeout = 10 * time.Second

// handler answers one client event: fields for the acknowledgement, or an error.
type handler func(ctx context.Context, c *client, body json.RawMessage) (map[string]any, error)

// clientEvent is one event that clients may send.
type clientEvent struct {
	name string
	fn   handler
	// waits tells that answering may wait for the database: it is then done on a goroutine of its own while the
	// socket's later events wait, so that pongs and acknowledgements go on. Else the connection's own answers.
	waits func(c *client, body json.RawMessage) bool
}

// clientEvents are all that clients may send.
func (l *Live) clientEvents() []clientEvent {
	always := func(*client, json.RawMessage) bool { return true }
	never := func(*client, json.RawMessage) bool { return false }
	return []clientEvent{
		{"conversation:join", l.join, always},
		{"conversation:leave", l.leave, always},
		{"auth:refresh", l.refresh, always},
		{"session:ping", l.ping, never},
		{"typing:start", l.typing("typing:start"), outside},
		{"typing:stop", l.typing("typing:stop"), outside},
	}
}

// outside tells that the event is about a room that the client isn't in, so that
// the database has to say whether there is such a conversation.
func outside(c *client, body json.RawMessage) bool {
	id, err := roomOf(body)
	return err == nil && !c.isIn(id)
}

// bind registers the client's events. It runs before the replay, so that what
// the client sends meanwhile waits for it in order.
func (l *Live) bind(_ context.Context, s *socketio.Socket) {
	c := clientOf(s)
	s.Conn().OnPong(func() { l.ponged(c) })

	for _, e := range l.clientEvents() {
		s.On(e.name, func(ctx context.Context, call *socketio.Call) {
			if e.waits(c, bodyOf(call)) {
				s.Hold(func(ctx context.Context) { l.answer(ctx, c, call, e.fn) })
				return
			}
			l.answer(ctx, c, call, e.fn)
		})
	}
	s.OnAny(func(ctx context.Context, call *socketio.Call) {
		l.answer(ctx, c, call, func(context.Context, *client, json.RawMessage) (map[string]any, error) {
			return nil, portal.Errorf(portal.Invalid, "there is no event %.64q", call.Event)
		})
	})
}

// bodyOf is the event's first argument, nil for none.
func bodyOf(call *socketio.Call) json.RawMessage {
	if len(call.Args) == 0 {
		return nil
	}
	return call.Args[0]
}

func (l *Live) answer(ctx context.Context, c *client, call *socketio.Call, fn handler) {
	fields, err := l.attempt(ctx, c, call, fn)
	if err != nil {
		_ = call.Ack(l.refusal(c, call.Event, err)) // an ack that can't be sent means the socket is gone
		return
	}
	if fields == nil {
		fields = map[string]any{}
	}
	fields["ok"] = true
	_ = call.Ack(fields)
}

func (l *Live) attempt(ctx context.Context, c *client, call *socketio.Call, fn handler) (map[string]any, error) {
	if !c.events.Allow() {
		return nil, portal.Errorf(portal.RateLimited, "more than %d events a second; slow down", eventRate)
	}
	return fn(ctx, c, bodyOf(call))
}

// refusal is the acknowledgement of an event that failed. What isn't known to
// the contract is logged here, once, and shown as internal.
func (l *Live) refusal(c *client, event string, err error) map[string]any {
	shown := map[string]any{"code": portal.Internal, "message": "This couldn't be done. Try again."}
	var e *portal.Error
	known := errors.As(err, &e)
	if known {
		switch e.Code {
		case portal.Invalid, portal.NotFound, portal.Forbidden, portal.RateLimited, portal.Gone:
			shown = map[string]any{"code": e.Code, "message": e.Message}
			for k, v := range e.Data {
				shown[k] = v
			}
			return map[string]any{"ok": false, "error": shown}
		}
	}
	if c.socket.Context().Err() == nil {
		l.cfg.Logger.Error("a client's event failed", "event", event, "tenant", c.who.TenantID, "user", c.who.UserID, "err", err)
	}
	return map[string]any{"ok": false, "error": shown}
}

// decode reads an event's body into v; anything but a fitting object is Invalid.
func decode(body json.RawMessage, v any) error {
	if len(body) == 0 || body[0] != '{' {
		return portal.Errorf(portal.Invalid, "the event needs an object as its first argument")
	}
	if err := json.Unmarshal(body, v); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return portal.Errorf(portal.Invalid, "%s must be a %s", wrong.Field, wrong.Type)
		}
		return portal.Errorf(portal.Invalid, "the event's body can't be read")
	}
	return nil
}

// roomOf reads the conversation that an event is about.
func roomOf(body json.RawMessage) (string, error) {
	var in bodies.Room
	if err := decode(body, &in); err != nil {
		return "", err
	}
	if in.ConversationID == "" {
		return "", portal.Errorf(portal.Invalid, "conversationId is missing")
	}
	return in.ConversationID, nil
}
