package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/agentportal/portal/socketio"
)

// bind sets up what the server answers.
func bind(io *socketio.Server) {
	main := io.Of("/")
	main.OnConnection(echoAuth)
	main.On("message", func(_ context.Context, c *socketio.Call) {
		_ = c.Socket.Emit("message-back", c.Values()...)
	})
	main.On("message-with-ack", func(_ context.Context, c *socketio.Call) { _ = c.Ack(c.Values()...) })
	main.On("echo", func(_ context.Context, c *socketio.Call) { _ = c.Ack(c.Values()...) })
	main.On("join", join)
	main.On("leave", leave)
	main.On("bench:emit", broadcast)
	main.On("close", func(_ context.Context, c *socketio.Call) {
		c.Socket.CloseTransport(socketio.DisconnectReason{Code: "asked", ComeBack: true})
	})
	main.On("disconnect-me", func(_ context.Context, c *socketio.Call) { c.Socket.Disconnect() })
	main.On("ask-me", askBack)
	main.On("ask-me-within", askWithin)
	main.On("ask-room", askRoom)
	io.Of("/custom").OnConnection(echoAuth)
	io.Of("/refused").Use(func(context.Context, *socketio.Socket) error {
		return &socketio.ConnectError{Message: "not you", Data: outcome(false)}
	})
}

// echoAuth sends back what the client connected with.
func echoAuth(_ context.Context, s *socketio.Socket) {
	auth := s.Handshake().Auth
	if auth == nil {
		auth = json.RawMessage("{}")
	}
	_ = s.Emit("auth", auth)
}

var done, failed = json.RawMessage(`{"ok":true}`), json.RawMessage(`{"ok":false}`)

// outcome says whether what was asked for has been done.
func outcome(ok bool) json.RawMessage {
	if ok {
		return done
	}
	return failed
}

// join joins the named room.
func join(_ context.Context, c *socketio.Call) {
	var room string
	if c.Decode(0, &room) == nil && room != "" {
		c.Socket.Join(room)
	}
	_ = c.Ack(outcome(room != ""))
}

// leave leaves the named room.
func leave(_ context.Context, c *socketio.Call) {
	var room string
	if c.Decode(0, &room) == nil {
		c.Socket.Leave(room)
	}
	_ = c.Ack(outcome(true))
}

// broadcast sends the payload as message:new to everyone in the room.
func broadcast(_ context.Context, c *socketio.Call) {
	room, ok := c.Member(0, "room").Text()
	if ok {
		ok = c.Socket.Namespace().To(room).Emit("message:new", c.Member(0, "payload")) == nil
	}
	_ = c.Ack(outcome(ok))
}

// askBack emits "question" with the given values, waits for the client's
// acknowledgement and acknowledges with its values.
func askBack(_ context.Context, c *socketio.Call) {
	c.Socket.Hold(func(ctx context.Context) {
		answer, err := c.Socket.EmitWithAck(ctx, "question", c.Values()...)
		if err != nil {
			return
		}
		out := make([]any, len(answer))
		for i, a := range answer {
			out[i] = a
		}
		_ = c.Ack(out...)
	})
}

// askWithin emits "question" with the values after the first, which says how
// many milliseconds the client has to acknowledge it.
func askWithin(_ context.Context, c *socketio.Call) {
	limit, question := limited(c, 0)
	c.Socket.Hold(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		_, err := c.Socket.EmitWithAck(ctx, "question", question...)
		_ = c.Ack(outcome(err == nil))
	})
}

// askRoom does so with everyone in the named room, the time being the second
// value, and acknowledges with the number of answers and whether all came.
func askRoom(_ context.Context, c *socketio.Call) {
	var room string
	_ = c.Decode(0, &room)
	limit, question := limited(c, 1)
	c.Socket.Hold(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		answers, err := c.Socket.Namespace().To(room).EmitWithAck(ctx, "question", question...)
		_ = c.Ack(len(answers), outcome(err == nil))
	})
}

// limited is a time in milliseconds at place i, and the values after it.
func limited(c *socketio.Call, i int) (time.Duration, []any) {
	var ms int
	_ = c.Decode(i, &ms)
	values := c.Values()
	return time.Duration(ms) * time.Millisecond, values[min(i+1, len(values)):]
}
