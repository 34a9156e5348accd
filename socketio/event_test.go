package socketio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/socketio"
)

// bound starts a server whose sockets are bound by fn, and connects a peer.
func bound(t *testing.T, cfg socketio.Config, fn func(s *socketio.Socket)) (*socketio.Server, *peer) {
	io, addr := serve(t, cfg)
	io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) { fn(s) })
	p, _ := connect(t, addr, "0")
	return io, p
}

// echo acknowledges with what came.
func echo(_ context.Context, c *socketio.Call) { _ = c.Ack(c.Values()...) }

func TestEvents(t *testing.T) {
	t.Run("SIO-40 in the order of arrival, one at a time", func(t *testing.T) {
		var running, last atomic.Int64
		wrong := make(chan string, 100)
		_, p := bound(t, socketio.Config{}, func(s *socketio.Socket) {
			socketio.On(s, "e", func(_ context.Context, _ *socketio.Socket, n int64, c *socketio.Call) {
				if running.Add(1) != 1 || last.Swap(n) != n-1 {
					wrong <- fmt.Sprint(n)
				}
				running.Add(-1)
				_ = c.Ack()
			})
		})
		for i := range 1000 {
			p.send(fmt.Sprintf(`2%d["e",%d]`, i, i+1))
		}
		for i := range 1000 {
			p.expect(fmt.Sprintf(`3%d[]`, i))
		}
		require.Empty(t, wrong)
	})
	t.Run("SIO-40 the namespace's handlers, then the socket's, all of them", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		var order []string
		note := func(name string) socketio.Handler {
			return func(context.Context, *socketio.Call) { order = append(order, name) }
		}
		io.Of("/").On("e", note("n1"))
		io.Of("/").On("e", note("n2"))
		io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
			s.On("e", note("s1"))
			s.On("gone", note("gone"))
			s.Off("gone")
			s.On("e", func(_ context.Context, c *socketio.Call) { _ = c.Ack(order) })
		})
		p, _ := connect(t, addr, "0")
		p.send(`2["gone"]`)
		p.send(`21["e"]`)
		p.expect(`31[["n1","n2","s1"]]`)
	})
	t.Run("SIO-44 OnAny gets what no handler is bound to", func(t *testing.T) {
		_, p := bound(t, socketio.Config{}, func(s *socketio.Socket) {
			s.On("known", echo)
			s.OnAny(func(_ context.Context, c *socketio.Call) { _ = c.Ack("unknown", c.Event, c.HasAck()) })
		})
		p.send(`21["known",1]`)
		p.send(`22["other",1]`)
		p.send(`2["other"]`)
		p.send(`23["known",2]`)
		p.expect(`31[1]`, `32["unknown","other",true]`, `33[2]`)
	})
	t.Run("SIO-45 middleware sees every event and may stop it", func(t *testing.T) {
		_, p := bound(t, socketio.Config{}, func(s *socketio.Socket) {
			s.Use(func(_ context.Context, c *socketio.Call) error {
				if c.Event == "bad" {
					_ = c.Ack("stopped")
					return errors.New("stop")
				}
				return nil
			})
			s.On("bad", func(context.Context, *socketio.Call) { t.Error("went on") })
			s.On("good", echo)
		})
		p.send(`21["bad"]`)
		p.send(`22["good"]`)
		p.expect(`31["stopped"]`, `32[]`)
	})
	t.Run("SIO-46 typed handlers", func(t *testing.T) {
		type body struct {
			A string
			B []byte
		}
		bad := func(_ context.Context, c *socketio.Call, err error) { _ = c.Ack("bad") }
		_, p := bound(t, socketio.Config{BadArgument: bad}, func(s *socketio.Socket) {
			socketio.On(s, "e", func(_ context.Context, _ *socketio.Socket, b body, c *socketio.Call) {
				_ = c.Ack(b.A, b.B)
			})
		})
		p.send(`21["e",{"a":"x","b":"AQI="}]`)
		p.expect(`61-1["x",{"_placeholder":true,"num":0}]`, "b:\x01\x02")
		p.send(`51-2["e",{"b":{"_placeholder":true,"num":0}}]`)
		p.attach([]byte{9})
		p.expect(`61-2["",{"_placeholder":true,"num":0}]`, "b:\x09")
		p.send(`23["e",5]`)
		p.expect(`33["bad"]`)
		p.send(`24["e"]`)
		p.expect(`61-4["",{"_placeholder":true,"num":0}]`, "b:")
	})
	t.Run("SIO-7 binary both ways", func(t *testing.T) {
		_, p := bound(t, socketio.Config{}, func(s *socketio.Socket) {
			s.On("e", func(_ context.Context, c *socketio.Call) {
				if len(c.Attachment(0)) != 1 || c.Attachment(2) != nil || c.Attachment(-1) != nil {
					t.Error("attachments")
				}
				_ = s.Emit("back", append([]any{[]byte("new")}, c.Values()...)...)
			})
		})
		p.send(`52-["e",{"x":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":0}]`)
		p.attach([]byte("0"))
		p.attach([]byte("11"))
		p.expect(`53-["back",{"_placeholder":true,"num":0},{"x":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":2}]`, "b:new", "b:11", "b:0")
	})
	t.Run("SIO-4 no more attachments go out than come in", func(t *testing.T) {
		errs := make(chan error, 2)
		_, p := bound(t, socketio.Config{MaxAttachments: 1}, func(s *socketio.Socket) {
			s.On("e", func(_ context.Context, c *socketio.Call) {
				errs <- s.Emit("x", []byte{1}, []byte{2})
				errs <- c.Ack([]byte{1}, []byte{2})
			})
		})
		p.send(`21["e"]`)
		require.Error(t, wait(t, errs))
		require.Error(t, wait(t, errs))
	})
	t.Run("SIO-8 JSON passes through untouched", func(t *testing.T) {
		raw := `{ "b":1.0, "a":"\u00e9<" }`
		_, p := bound(t, socketio.Config{}, func(s *socketio.Socket) { _ = s.Emit("e", json.RawMessage(raw)) })
		p.expect(`2["e",` + raw + `]`)
	})
	t.Run("SIO-48 a panic ends its connection only", func(t *testing.T) {
		ends := make(chan socketio.DisconnectReason, 2)
		io, addr := serve(t, socketio.Config{})
		io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
			s.OnDisconnect(func(r socketio.DisconnectReason) { ends <- r })
			s.On("panic", func(context.Context, *socketio.Call) { panic("oh") })
			s.On("e", echo)
		})
		p, _ := connect(t, addr, "0")
		q, _ := connect(t, addr, "0")
		p.send(`2["panic"]`)
		require.Empty(t, p.closed())
		require.Equal(t, socketio.ReasonPanic, wait(t, ends).Code)
		q.send(`21["e"]`)
		q.expect(`31[]`)
	})
}

func TestAcks(t *testing.T) {
	t.Run("SIO-41 once, with the same id, at any time", func(t *testing.T) {
		errs := make(chan error, 2)
		_, p := bound(t, socketio.Config{}, func(s *socketio.Socket) {
			s.On("e", func(_ context.Context, c *socketio.Call) {
				go func() {
					errs <- c.Ack(c.Values()...)
					errs <- c.Ack()
				}()
			})
			s.On("no", func(_ context.Context, c *socketio.Call) { errs <- c.Ack(1) })
		})
		p.send(`2456["e",1,"2",{"3":[false]}]`)
		p.expect(`3456[1,"2",{"3":[false]}]`)
		require.NoError(t, wait(t, errs))
		require.ErrorIs(t, wait(t, errs), socketio.ErrAckedTwice)
		p.send(`2["no"]`)
		require.NoError(t, wait(t, errs), "nobody wants it")
	})
	t.Run("SIO-42 the client's values", func(t *testing.T) {
		got := make(chan []json.RawMessage, 1)
		_, p := bound(t, socketio.Config{}, func(s *socketio.Socket) {
			s.Hold(func(ctx context.Context) {
				values, err := s.EmitWithAck(ctx, "q", 1)
				if err != nil {
					t.Error(err)
				}
				got <- values
			})
		})
		p.expect(`21["q",1]`)
		p.send(`61-1[{"a":1},{"_placeholder":true,"num":0}]`)
		p.attach([]byte{1, 2})
		require.Equal(t, []json.RawMessage{json.RawMessage(`{"a":1}`), json.RawMessage(`"AQI="`)}, wait(t, got))
	})
	t.Run("SIO-42 time-out, end, and SIO-43 an answer that nobody waits for", func(t *testing.T) {
		errs := make(chan error, 1)
		_, p := bound(t, socketio.Config{}, func(s *socketio.Socket) {
			s.On("ask", func(_ context.Context, c *socketio.Call) {
				limit := time.Hour
				_ = c.Decode(0, &limit)
				s.Hold(func(ctx context.Context) {
					ctx, cancel := context.WithTimeout(ctx, limit)
					defer cancel()
					_, err := s.EmitWithAck(ctx, "q")
					errs <- err
				})
			})
			s.On("e", echo)
		})
		p.send(`2["ask",10000000]`)
		p.expect(`21["q"]`)
		require.ErrorIs(t, wait(t, errs), context.DeadlineExceeded)
		p.send(`31["late"]`)
		p.send(`377["never asked"]`)
		p.send(`25["e"]`)
		p.expect(`35[]`)
		p.send(`2["ask"]`)
		p.expect(`22["q"]`)
		p.drop()
		require.ErrorIs(t, wait(t, errs), socketio.ErrDisconnected)
	})
}

func TestHold(t *testing.T) {
	t.Run("SIO-47 events wait in order, acknowledgements go on", func(t *testing.T) {
		_, p := bound(t, socketio.Config{}, func(s *socketio.Socket) {
			s.On("hold", func(_ context.Context, c *socketio.Call) {
				s.Hold(func(ctx context.Context) {
					values, err := s.EmitWithAck(ctx, "go on?")
					if err != nil || string(values[0]) != `"yes"` {
						t.Error(values, err)
					}
					_ = s.Emit("held")
				})
			})
			s.On("e", echo)
		})
		p.send(`2["hold"]`)
		p.expect(`21["go on?"]`)
		for i := range 5 {
			p.send(fmt.Sprintf(`2%d["e",%d]`, i, i))
		}
		p.send(`2["hold"]`)
		p.send(`29["e",9]`)
		p.send(`31["yes"]`)
		p.expect(`2["held"]`, `30[0]`, `31[1]`, `32[2]`, `33[3]`, `34[4]`, `22["go on?"]`)
		p.send(`32["yes"]`)
		p.expect(`2["held"]`, `39[9]`)
	})
	for name, cfg := range map[string]socketio.Config{"packets": {HoldPackets: 3}, "bytes": {HoldBytes: 3000}} {
		t.Run("SIO-47 too many "+name+" end the connection", func(t *testing.T) {
			ends := make(chan socketio.DisconnectReason, 1)
			_, p := bound(t, cfg, func(s *socketio.Socket) {
				s.OnDisconnect(func(r socketio.DisconnectReason) { ends <- r })
				s.Hold(func(ctx context.Context) { <-ctx.Done() })
			})
			for range 4 {
				p.send(`2["e","` + strings.Repeat("x", 1000) + `"]`)
			}
			require.Empty(t, p.closed())
			require.Equal(t, socketio.ReasonFlood, wait(t, ends).Code)
		})
	}
	t.Run("SIO-47 what still waits when the socket ends is dropped", func(t *testing.T) {
		ends := make(chan string, 10)
		_, p := bound(t, socketio.Config{}, func(s *socketio.Socket) {
			s.OnDisconnect(func(socketio.DisconnectReason) { ends <- "end" })
			s.On("e", func(context.Context, *socketio.Call) { ends <- "event" })
			s.Hold(func(ctx context.Context) { <-ctx.Done(); ends <- "held" })
		})
		p.send(`2["e"]`)
		p.send(`1`)
		require.Equal(t, "held", wait(t, ends))
		require.Equal(t, "end", wait(t, ends))
	})
}
