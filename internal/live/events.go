package live

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/socketio"
)

// storeTimeout bounds what an event may wait for the database.
const storeTimeout = 10 * time.Second

// handler answers one client event: fields for the acknowledgement, or an error.
type handler func(ctx context.Context, c *client, body json.RawMessage) (map[string]any, error)

// bind registers the client's events. It runs before the replay, so that what
// the client sends meanwhile waits for it in order.
func (l *Live) bind(_ context.Context, s *socketio.Socket) {
	c := clientOf(s)
	s.Conn().OnPong(func() { l.ponged(c) })

	l.held(s, "conversation:join", l.join)
	l.held(s, "conversation:leave", l.leave)
	l.held(s, "auth:refresh", l.refresh)
	l.direct(s, "session:ping", l.ping)
	l.direct(s, "typing:start", l.typing("typing:start"))
	l.direct(s, "typing:stop", l.typing("typing:stop"))
	s.OnAny(func(ctx context.Context, call *socketio.Call) {
		l.answer(ctx, c, call, func(context.Context, *client, json.RawMessage) (map[string]any, error) {
			return nil, portal.Errorf(portal.Invalid, "there is no event %.64q", call.Event)
		})
	})
}

// direct answers on the connection's own goroutine: for what doesn't wait.
func (l *Live) direct(s *socketio.Socket, event string, fn handler) {
	s.On(event, func(ctx context.Context, call *socketio.Call) { l.answer(ctx, clientOf(s), call, fn) })
}

// held answers on a goroutine of its own while the socket's later events wait:
// for what asks the database, so that pongs and acknowledgements go on.
func (l *Live) held(s *socketio.Socket, event string, fn handler) {
	s.On(event, func(_ context.Context, call *socketio.Call) {
		s.Hold(func(ctx context.Context) { l.answer(ctx, clientOf(s), call, fn) })
	})
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
	var body json.RawMessage
	if len(call.Args) > 0 {
		body = call.Args[0]
	}
	return fn(ctx, c, body)
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
	var in struct {
		ConversationID string `json:"conversationId"`
	}
	if err := decode(body, &in); err != nil {
		return "", err
	}
	if in.ConversationID == "" {
		return "", portal.Errorf(portal.Invalid, "conversationId is missing")
	}
	return in.ConversationID, nil
}
