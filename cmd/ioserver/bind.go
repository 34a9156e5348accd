package main

import (
	"context"
	"encoding/json"

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
	io.Of("/custom").OnConnection(echoAuth)
}

// echoAuth sends back what the client connected with.
func echoAuth(_ context.Context, s *socketio.Socket) {
	auth := s.Handshake().Auth
	if auth == nil {
		auth = json.RawMessage("{}")
	}
	_ = s.Emit("auth", auth)
}

// outcome says whether what was asked for has been done.
func outcome(ok bool) json.RawMessage {
	if ok {
		return json.RawMessage(`{"ok":true}`)
	}
	return json.RawMessage(`{"ok":false}`)
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
