package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio"
)

// recovering starts a server with a store in memory; a socket joins the rooms
// that its client names in auth.rooms, unless it is recovered.
func recovering(t *testing.T, m *socketio.MemorySessions) (*socketio.Server, string, chan *socketio.Socket) {
	io, addr := serve(t, socketio.Config{Sessions: m})
	sockets := make(chan *socketio.Socket, 10)
	io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
		s.On("e", echo)
		if !s.Recovered() {
			s.Join("r")
		}
		select {
		case sockets <- s:
		default: // the test has seen enough
		}
	})
	return io, addr, sockets
}

// event is an event with its offset.
type event struct{ text, offset string }

// nextEvent reads an event that ends with an offset.
func (p *peer) nextEvent() event {
	p.t.Helper()
	got := p.next()
	i := strings.LastIndex(got, `,"`)
	require.Positive(p.t, i, got)
	return event{got[:i], strings.TrimSuffix(got[i+2:], `"]`)}
}

// back connects again with what the client knows.
func back(t *testing.T, addr, pid, offset string) (*peer, answer) {
	auth := fmt.Sprintf(`0{"pid":%q,"offset":%q}`, pid, offset)
	if offset == "" {
		auth = fmt.Sprintf(`0{"pid":%q}`, pid)
	}
	return connect(t, addr, auth)
}

func TestRecovery(t *testing.T) {
	t.Run("SIO-60 events end with an offset, others do not", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 100))
		p, _ := connect(t, addr, "0")
		s := wait(t, sockets)
		require.NoError(t, s.Emit("a", 1))
		first := p.nextEvent()
		require.Equal(t, `2["a",1`, first.text)
		require.NoError(t, io.Of("/").To("r").Emit("b", []byte{1}))
		second := p.nextEvent()
		require.Equal(t, `51-["b",{"_placeholder":true,"num":0}`, second.text)
		p.expect("b:\x01")
		require.NotEqual(t, first.offset, second.offset)
		go s.EmitWithAck(s.Context(), "q", "text") //nolint:errcheck // the answer is of no matter
		p.expect(`21["q","text"]`)
	})
	t.Run("SIO-65 a volatile event never ends with a string", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 100))
		p, _ := connect(t, addr, "0")
		s := wait(t, sockets)
		require.NoError(t, s.EmitVolatile("typing"))
		require.NoError(t, s.EmitVolatile("typing", "ann"))
		require.NoError(t, s.EmitVolatile("typing", map[string]string{"who": "ann"}))
		require.NoError(t, io.Of("/").Volatile().Emit("typing", "ann"))
		packet, err := io.Of("/").Encode("typing", "ann")
		require.NoError(t, err)
		require.NoError(t, io.Of("/").Volatile().Send(packet))
		p.expect(`2["typing",null]`, `2["typing","ann",null]`, `2["typing",{"who":"ann"}]`, `2["typing","ann",null]`, `2["typing","ann",null]`)
	})
	t.Run("SIO-61 the answer, what was missed, then what is new; SIO-63 in the old rooms, with the old id", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 100))
		p, a := connect(t, addr, "0")
		s := wait(t, sockets)
		s.SetData("mine")
		n := io.Of("/")
		require.NoError(t, n.To("r").Emit("e", 0))
		last := p.nextEvent()
		p.drop()
		eventually(t, func() bool { return n.Len() == 0 })
		require.NoError(t, n.To("r").Emit("e", 1))
		require.NoError(t, n.To("other").Emit("no"))
		require.NoError(t, n.To(a.SID).Emit("e", 2, []byte{9}))
		require.NoError(t, n.Except("r").Emit("no"))
		require.NoError(t, n.To("r").Except(a.SID).Emit("no"))
		require.NoError(t, n.To("r").Volatile().Emit("no"))
		require.NoError(t, n.Emit("e", 3))

		p, b := back(t, addr, a.PID, last.offset)
		require.Equal(t, a, b)
		require.Equal(t, `2["e",1`, p.nextEvent().text)
		require.Equal(t, `51-["e",2,{"_placeholder":true,"num":0}`, p.nextEvent().text)
		p.expect("b:\x09")
		require.Equal(t, `2["e",3`, p.nextEvent().text)
		s = wait(t, sockets)
		require.True(t, s.Recovered())
		require.Equal(t, "mine", s.Data())
		require.Equal(t, []string{"r"}, s.Rooms())
		require.NoError(t, n.To("r").Emit("e", 4))
		require.Equal(t, `2["e",4`, p.nextEvent().text)
	})
	t.Run("SIO-62 without an offset, or with one of an older session", func(t *testing.T) {
		for _, offset := range []string{"", "zzzzzzzz.5", "nonsense"} {
			io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 100))
			require.NoError(t, io.Of("/").Emit("before"))
			p, a := connect(t, addr, "0")
			wait(t, sockets)
			require.NoError(t, io.Of("/").To("r").Emit("e", 1))
			p.drop()
			eventually(t, func() bool { return io.Of("/").Len() == 0 })
			p, b := back(t, addr, a.PID, offset)
			require.Equal(t, a, b)
			require.Equal(t, `2["e",1`, p.nextEvent().text)
		}
	})
	t.Run("SIO-62 an offset of this server's that is older than the session", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 100))
		p, _ := connect(t, addr, "0")
		wait(t, sockets)
		require.NoError(t, io.Of("/").Emit("e"))
		old := p.nextEvent()
		p.send("1")
		eventually(t, func() bool { return io.Of("/").Len() == 0 })
		require.NoError(t, io.Of("/").Emit("not mine"))
		a := p.join(`0{"pid":"gone"}`)
		wait(t, sockets)
		p.drop()
		eventually(t, func() bool { return io.Of("/").Len() == 0 })
		require.NoError(t, io.Of("/").Emit("missed", 1))
		p, b := back(t, addr, a.PID, old.offset)
		require.Equal(t, a, b)
		require.Equal(t, `2["missed",1`, p.nextEvent().text)
	})
	t.Run("SIO-64 a half-open predecessor is closed, nothing comes twice", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 1000))
		p, a := connect(t, addr, "0")
		old := wait(t, sockets)
		require.NoError(t, io.Of("/").To("r").Emit("e", 0))
		offset := p.nextEvent().offset
		require.NoError(t, io.Of("/").To("r").Emit("e", 1)) // lost on its way
		q, b := back(t, addr, a.PID, offset)
		require.Equal(t, a, b)
		require.False(t, old.Connected())
		require.NoError(t, io.Of("/").To("r").Emit("e", 2))
		require.Equal(t, `2["e",1`, q.nextEvent().text)
		require.Equal(t, `2["e",2`, q.nextEvent().text)
		require.Len(t, p.closed(), 1)
		require.Equal(t, 1, io.Of("/").Len())
	})
	t.Run("SIO-64 while others send", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 100_000))
		p, a := connect(t, addr, "0")
		wait(t, sockets)
		const n = 3000
		go func() {
			for i := range n {
				_ = io.Of("/").To("r").Emit("e", i)
			}
		}()
		offset, next := "", 0
		for round := 0; next < n; round++ {
			for range 100 {
				if next == n {
					break
				}
				e := p.nextEvent()
				require.Equal(t, fmt.Sprintf(`2["e",%d`, next), e.text)
				offset = e.offset
				next++
			}
			halfOpen := 1
			if round%2 == 0 {
				p.drop()
				halfOpen = 0
			}
			if round%3 == 0 { // one that breaks before or inside the replay
				q := dial(t, addr)
				q.send(fmt.Sprintf(`0{"pid":%q,"offset":%q}`, a.PID, offset))
				q.drop()
				// Were it read later, it would replace the next one.
				eventually(t, func() bool { return io.Len() <= halfOpen })
			}
			var b answer
			p, b = back(t, addr, a.PID, offset)
			require.Equal(t, a, b)
		}
	})
}

func TestNotRecovered(t *testing.T) {
	// broken is the private id of a session that has broken off.
	broken := func(t *testing.T, io *socketio.Server, addr string, sockets chan *socketio.Socket) (answer, string) {
		p, a := connect(t, addr, "0")
		wait(t, sockets)
		require.NoError(t, io.Of("/").To("r").Emit("e"))
		offset := p.nextEvent().offset
		p.drop()
		eventually(t, func() bool { return io.Of("/").Len() == 0 })
		return a, offset
	}
	fresh := func(t *testing.T, addr string, a answer, offset string, sockets chan *socketio.Socket) {
		t.Helper()
		_, b := back(t, addr, a.PID, offset)
		require.NotEqual(t, a.PID, b.PID)
		require.NotEqual(t, a.SID, b.SID)
		require.False(t, wait(t, sockets).Recovered())
	}
	t.Run("SIO-66 too old", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(50*time.Millisecond, 100))
		a, offset := broken(t, io, addr, sockets)
		<-time.After(80 * time.Millisecond)
		fresh(t, addr, a, offset, sockets)
	})
	t.Run("SIO-66 too much missed", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 3))
		a, offset := broken(t, io, addr, sockets)
		for range 4 {
			require.NoError(t, io.Of("/").Emit("e"))
		}
		fresh(t, addr, a, offset, sockets)
	})
	t.Run("SIO-66 an offset ahead of the log", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 3))
		a, offset := broken(t, io, addr, sockets)
		fresh(t, addr, a, offset+"zz", sockets)
	})
	t.Run("SIO-66 after a disconnect by either side", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 3))
		p, a := connect(t, addr, "0")
		wait(t, sockets)
		p.send("1")
		eventually(t, func() bool { return io.Of("/").Len() == 0 })
		fresh(t, addr, a, "", sockets)
		_, a = connect(t, addr, "0")
		wait(t, sockets).Disconnect()
		fresh(t, addr, a, "", sockets)
	})
	t.Run("SIO-67 somebody else's", func(t *testing.T) {
		m := socketio.NewMemorySessions(time.Minute, 100)
		m.Owner = func(s *socketio.Socket) string { return s.Handshake().Query.Get("user") }
		_, addr := serve(t, socketio.Config{Sessions: m})
		as := func(user, pid string) answer {
			p, err := tryDial(t, addr, "&user="+user)
			require.NoError(t, err)
			defer p.drop()
			return p.join(fmt.Sprintf(`0{"pid":%q}`, pid))
		}
		ann := as("ann", "")
		require.NotEqual(t, ann.PID, as("bob", ann.PID).PID)
		require.Equal(t, ann, as("ann", ann.PID))
	})
	t.Run("SIO-68 a quiet connection outlives its position", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 3))
		p, a := connect(t, addr, "0")
		wait(t, sockets)
		for range 10 {
			require.NoError(t, io.Of("/").To("elsewhere").Emit("e"))
		}
		p.drop()
		eventually(t, func() bool { return io.Of("/").Len() == 0 })
		require.NoError(t, io.Of("/").To("r").Emit("missed", 1))
		p, b := back(t, addr, a.PID, "")
		require.Equal(t, a, b)
		require.Equal(t, `2["missed",1`, p.nextEvent().text)
	})
}

// storeFunc is a SessionStore.
type storeFunc func(ctx context.Context, s *socketio.Socket, ask socketio.RecoveryAsk) (socketio.Session, error)

func (f storeFunc) Open(ctx context.Context, s *socketio.Socket, ask socketio.RecoveryAsk) (socketio.Session, error) {
	return f(ctx, s, ask)
}

func TestSessionStore(t *testing.T) {
	open := func(t *testing.T, f storeFunc) (*socketio.Server, string) {
		io, addr := serve(t, socketio.Config{Sessions: f})
		io.Of("/").Use(func(_ context.Context, s *socketio.Socket) error { s.SetData("passed"); return nil })
		io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
			_ = s.Emit("bound", s.Recovered(), s.Rooms())
			s.On("e", echo)
		})
		return io, addr
	}
	t.Run("SIO-69 opened after the middleware; resumed after the answer and OnConnection, before any event", func(t *testing.T) {
		asks := make(chan socketio.RecoveryAsk, 1)
		gate := make(chan struct{})
		_, addr := open(t, func(_ context.Context, s *socketio.Socket, ask socketio.RecoveryAsk) (socketio.Session, error) {
			require.Equal(t, "passed", s.Data())
			asks <- ask
			return socketio.Session{SID: "sid", PID: "pid", Recovered: true, Rooms: []string{"r"}, Resume: func(ctx context.Context, s *socketio.Socket) error {
				<-gate
				s.Join("late")
				p, err := s.Namespace().Encode("missed", 1)
				return errors.Join(err, s.SendWait(ctx, p))
			}}, nil
		})
		p := dial(t, addr)
		p.send(`0{"token":"x","pid":"mine","offset":"7"}`)
		p.send(`21["e"]`)
		p.expect(`0{"sid":"sid","pid":"pid"}`, `2["bound",true,["r"]]`)
		require.Equal(t, socketio.RecoveryAsk{PID: "mine", Offset: "7"}, wait(t, asks))
		close(gate)
		p.expect(`2["missed",1]`, `31[]`)
	})
	t.Run("SIO-69 what it may not ask", func(t *testing.T) {
		asks := make(chan socketio.RecoveryAsk, 1)
		_, addr := open(t, func(_ context.Context, _ *socketio.Socket, ask socketio.RecoveryAsk) (socketio.Session, error) {
			asks <- ask
			return socketio.Session{}, nil
		})
		for _, auth := range []string{``, `{}`, `{"pid":5,"offset":{}}`} {
			p := dial(t, addr)
			p.send("0" + auth)
			require.Regexp(t, `^0\{"sid":"[^"]{20}"\}$`, p.next())
			require.Zero(t, wait(t, asks))
		}
	})
	t.Run("SIO-69 it may refuse", func(t *testing.T) {
		_, addr := open(t, func(context.Context, *socketio.Socket, socketio.RecoveryAsk) (socketio.Session, error) {
			return socketio.Session{}, &socketio.ConnectError{Message: "no"}
		})
		p := dial(t, addr)
		p.send("0")
		p.expect(`4{"message":"no"}`)
	})
	t.Run("SIO-69 any other error is for now: the transport is closed", func(t *testing.T) {
		_, addr := open(t, func(context.Context, *socketio.Socket, socketio.RecoveryAsk) (socketio.Session, error) {
			return socketio.Session{}, errors.New("database away")
		})
		p := dial(t, addr)
		p.send("0")
		require.Empty(t, p.closed())
		_, addr = open(t, func(context.Context, *socketio.Socket, socketio.RecoveryAsk) (socketio.Session, error) {
			return socketio.Session{Resume: func(context.Context, *socketio.Socket) error { return errors.New("database away") }}, nil
		})
		p, _ = connect(t, addr, "0")
		require.Len(t, p.closed(), 1)
	})
	t.Run("SIO-36 a resume that fills the queue ends as slow, not for now", func(t *testing.T) {
		reasons := make(chan socketio.DisconnectReason, 1)
		_, addr := open(t, func(_ context.Context, s *socketio.Socket, _ socketio.RecoveryAsk) (socketio.Session, error) {
			s.OnDisconnect(func(r socketio.DisconnectReason) { reasons <- r })
			return socketio.Session{Resume: func(context.Context, *socketio.Socket) error {
				for {
					if err := s.Emit("missed", strings.Repeat("x", 1<<20)); err != nil {
						return err
					}
				}
			}}, nil
		})
		c, err := net.Dial("tcp", addr) // it reads nothing but the handshake
		require.NoError(t, err)
		defer func() { require.NoError(t, c.Close()) }()
		_, err = io.WriteString(c, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
		require.NoError(t, err)
		_, err = c.Write([]byte{0x81, 0x82, 0, 0, 0, 0, '4', '0'})
		require.NoError(t, err)
		require.Equal(t, engineio.ReasonSlow, wait(t, reasons).Code)
	})
	t.Run("SIO-71 what is sent to a room before the answer comes after it", func(t *testing.T) {
		var io *socketio.Server
		// The sender never rests: what it makes in a slice of time must fit.
		io, addr := serve(t, socketio.Config{Engine: engineio.Config{QueuePackets: 1 << 20, QueueBytes: 256 << 20},
			Sessions: storeFunc(func(_ context.Context, s *socketio.Socket, _ socketio.RecoveryAsk) (socketio.Session, error) {
				return socketio.Session{SID: s.ID(), Rooms: []string{"r"}}, nil
			})})
		stop := make(chan struct{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					_ = io.Of("/").To("r").Emit("e", i)
				}
			}
		}()
		for range 100 {
			p := dial(t, addr)
			p.send("0")
			require.Regexp(t, `^0\{`, p.next())
			p.drop()
		}
		close(stop)
		<-done
	})
}
