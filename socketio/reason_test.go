package socketio_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio"
)

func TestReasons(t *testing.T) {
	hasty := engineio.Config{PingInterval: 500 * time.Millisecond, PingTimeout: 500 * time.Millisecond}
	for _, tc := range []struct {
		code     string
		comeBack bool
		end      func(io *socketio.Server, p *peer, s *socketio.Socket)
		cfg      socketio.Config
	}{
		{code: socketio.ReasonClient, end: func(_ *socketio.Server, p *peer, _ *socketio.Socket) { p.send("1") }},
		{code: socketio.ReasonServer, end: func(_ *socketio.Server, _ *peer, s *socketio.Socket) { s.Disconnect() }},
		{code: "asked", comeBack: true, end: func(_ *socketio.Server, _ *peer, s *socketio.Socket) {
			s.CloseTransport(socketio.DisconnectReason{Code: "asked", ComeBack: true})
		}},
		{code: socketio.ReasonShutdown, comeBack: true, end: func(io *socketio.Server, p *peer, _ *socketio.Socket) {
			go io.Shutdown(context.Background(), 0)
			p.closed()
			p.drop()
		}},
		{code: socketio.ReasonParse, comeBack: true, end: func(_ *socketio.Server, p *peer, _ *socketio.Socket) { p.send("x") }},
		{code: socketio.ReasonPanic, comeBack: true, end: func(_ *socketio.Server, p *peer, _ *socketio.Socket) { p.send(`2["panic"]`) }},
		{code: socketio.ReasonFlood, comeBack: true, cfg: socketio.Config{HoldPackets: 1}, end: func(_ *socketio.Server, p *peer, s *socketio.Socket) {
			s.Hold(func(ctx context.Context) { <-ctx.Done() })
			p.send(`2["e"]`)
			p.send(`2["e"]`)
		}},
		{code: engineio.ReasonTransportClose, comeBack: true, end: func(_ *socketio.Server, p *peer, _ *socketio.Socket) { p.drop() }},
		{code: engineio.ReasonTransportClose, end: func(_ *socketio.Server, p *peer, _ *socketio.Socket) { p.frame(1, []byte("1")) }},
		{code: engineio.ReasonTransportError, comeBack: true, end: func(_ *socketio.Server, p *peer, _ *socketio.Socket) {
			_, _ = p.conn.Write([]byte("\x81\x016")) // unmasked
		}},
		{code: engineio.ReasonPingTimeout, comeBack: true, cfg: socketio.Config{Engine: hasty}, end: func(*socketio.Server, *peer, *socketio.Socket) {}},
		{code: engineio.ReasonSlow, comeBack: true, cfg: socketio.Config{Engine: engineio.Config{QueueBytes: 1 << 20}},
			end: func(_ *socketio.Server, _ *peer, s *socketio.Socket) {
				for s.Emit("e", strings.Repeat("x", 100_000)) == nil {
				}
			}},
	} {
		t.Run("SIO-36 "+tc.code, func(t *testing.T) {
			io, addr := serve(t, tc.cfg)
			sockets, ends := make(chan *socketio.Socket, 1), make(chan socketio.DisconnectReason, 1)
			io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
				s.On("panic", func(context.Context, *socketio.Call) { panic("test") })
				s.OnDisconnect(func(r socketio.DisconnectReason) { ends <- r })
				sockets <- s
			})
			p, _ := connect(t, addr, "0")
			tc.end(io, p, wait(t, sockets))
			reason := wait(t, ends)
			require.Equal(t, tc.code, reason.Code)
			require.Equal(t, tc.comeBack, reason.ComeBack)
			require.ErrorIs(t, reason, socketio.ErrDisconnected)
		})
	}
	t.Run("SIO-36 a predecessor", func(t *testing.T) {
		io, addr, sockets := recovering(t, socketio.NewMemorySessions(time.Minute, 100))
		_, a := connect(t, addr, "0")
		old := wait(t, sockets)
		_, b := back(t, addr, a.PID, "")
		require.Equal(t, a, b)
		var reason socketio.DisconnectReason
		require.True(t, errors.As(context.Cause(old.Context()), &reason))
		require.Equal(t, socketio.ReasonReplaced, reason.Code)
		eventually(t, func() bool { return io.Stats().Closed[socketio.ReasonReplaced] == 1 })
	})
	counted := func(t *testing.T, io *socketio.Server, code string) {
		t.Helper()
		eventually(t, func() bool { return io.Stats().Closed[code] == 1 && io.Len() == 0 })
	}
	t.Run("SIO-36 counted where there is no socket to tell", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{ConnectTimeout: 20 * time.Millisecond})
		require.Empty(t, dial(t, addr).closed())
		counted(t, io, socketio.ReasonTimeout)

		io, addr = serve(t, socketio.Config{})
		io.Of("/").Use(func(context.Context, *socketio.Socket) error { return socketio.ErrTryLater })
		p := dial(t, addr)
		p.send("0")
		p.closed()
		counted(t, io, socketio.ReasonTryLater)
	})
	t.Run("SIO-36 the slow are counted", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{Engine: engineio.Config{QueuePackets: 10}})
		_, sockets := crowd(t, io, addr, nil)
		for sockets[0].Emit("e", strings.Repeat("x", 1<<20)) == nil {
		}
		counted(t, io, engineio.ReasonSlow)
	})
}
