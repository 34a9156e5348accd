package socketio_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/socketio"
	"github.com/agentportal/portal/socketio/adapter"
)

func TestDisconnect(t *testing.T) {
	type end struct {
		reason socketio.DisconnectReason
		rooms  []string
		cause  error
	}
	watched := func(t *testing.T) (*socketio.Server, string, chan *socketio.Socket, chan end) {
		io, addr := serve(t, socketio.Config{})
		sockets, ends := make(chan *socketio.Socket, 4), make(chan end, 4)
		for _, name := range []string{"/", "/custom"} {
			io.Of(name).OnConnection(func(_ context.Context, s *socketio.Socket) {
				s.Join("r", "s")
				s.On("e", echo)
				s.OnDisconnect(func(r socketio.DisconnectReason) {
					ends <- end{r, s.Rooms(), context.Cause(s.Context())}
				})
				sockets <- s
			})
		}
		return io, addr, sockets, ends
	}
	t.Run("SIO-30 the client leaves a namespace, not the connection", func(t *testing.T) {
		io, addr, _, ends := watched(t)
		p, _ := connect(t, addr, "0")
		p.join("0/custom,")
		p.send("1/custom,")
		e := wait(t, ends)
		require.Equal(t, socketio.ReasonClient, e.reason.Code)
		require.False(t, e.reason.ComeBack)
		p.send(`21["e"]`)
		p.expect(`31[]`)
		require.Zero(t, io.Of("/custom").Len())
		p.join("0/custom,")
		require.Equal(t, 1, io.Of("/custom").Len())
		p.send("1")
		p.send("1/custom")
		wait(t, ends)
		wait(t, ends)
		p.send("0/")
		require.Regexp(t, `^0\{`, p.next(), "it may come back")
	})
	t.Run("SIO-32 the server ends a socket with a packet, SIO-31 what was on its way is ignored", func(t *testing.T) {
		_, addr, sockets, ends := watched(t)
		p, _ := connect(t, addr, "0")
		p.join("0/custom,")
		main, custom := wait(t, sockets), wait(t, sockets)
		custom.Disconnect()
		custom.Disconnect()
		p.expect("1/custom,")
		require.Equal(t, socketio.ReasonServer, wait(t, ends).reason.Code)
		p.send(`2/custom,["e"]`)
		p.send(`3/custom,1[]`)
		p.send(`1/custom,`)
		p.send(`21["e"]`)
		p.expect(`31[]`)
		require.True(t, main.Connected())
		require.ErrorIs(t, custom.Emit("x"), socketio.ErrDisconnected)
		_, err := custom.EmitWithAck(t.Context(), "x")
		require.ErrorIs(t, err, socketio.ErrDisconnected)
	})
	t.Run("SIO-32 closing the transport sends no packet, and what was queued", func(t *testing.T) {
		_, addr, sockets, ends := watched(t)
		p, _ := connect(t, addr, "0")
		p.join("0/custom,")
		s := wait(t, sockets)
		require.NoError(t, s.Emit("last"))
		s.CloseTransport(socketio.DisconnectReason{Code: "because", ComeBack: true})
		require.False(t, s.Connected(), "at once")
		require.Equal(t, []string{`2["last"]`}, p.closed())
		for range 2 {
			e := wait(t, ends)
			require.Equal(t, "because", e.reason.Code)
			require.True(t, e.reason.ComeBack)
		}
	})
	t.Run("SIO-35 nothing is sent any more by who has left the rooms", func(t *testing.T) {
		late := make(chan error, 1)
		io, addr := serve(t, socketio.Config{Adapter: func(string, adapter.Host) adapter.Adapter {
			return leaving{adapter.NewMemory(), func(m adapter.Member) { late <- m.(*socketio.Socket).Emit("late") }}
		}})
		sockets := make(chan *socketio.Socket, 1)
		io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) { sockets <- s })
		p, _ := connect(t, addr, "0")
		wait(t, sockets).CloseTransport(socketio.DisconnectReason{Code: "because"})
		require.Error(t, wait(t, late))
		require.Empty(t, p.closed())
	})
	t.Run("SIO-33 OnDisconnect tells the rooms, SIO-34 the context the reason", func(t *testing.T) {
		_, addr, sockets, ends := watched(t)
		p, _ := connect(t, addr, "0")
		s := wait(t, sockets)
		p.drop()
		e := wait(t, ends)
		require.Equal(t, "transport close", e.reason.Code)
		require.True(t, e.reason.ComeBack)
		require.Equal(t, []string{"r", "s"}, e.rooms)
		require.ErrorIs(t, e.cause, socketio.ErrDisconnected)
		var reason socketio.DisconnectReason
		require.True(t, errors.As(e.cause, &reason))
		require.Equal(t, e.reason.Code, reason.Code)
		s.Join("late")
		require.Equal(t, []string{"r", "s"}, s.Rooms())
		late := make(chan socketio.DisconnectReason)
		s.OnDisconnect(func(r socketio.DisconnectReason) { late <- r })
		require.Equal(t, e.reason.Code, wait(t, late).Code, "also when bound too late")
		s.Hold(func(context.Context) { t.Error("too late") })
	})
	t.Run("SIO-33 OnDisconnect waits for the handler that runs", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		order := make(chan string, 3)
		io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
			s.OnDisconnect(func(socketio.DisconnectReason) { order <- "end" })
			s.On("e", func(ctx context.Context, _ *socketio.Call) {
				go s.Disconnect()
				<-ctx.Done()
				order <- "handler"
			})
		})
		p, _ := connect(t, addr, "0")
		p.send(`2["e"]`)
		p.expect("1")
		require.Equal(t, "handler", wait(t, order))
		require.Equal(t, "end", wait(t, order))
	})
	t.Run("SIO-33 what a middleware bound is called though another refused", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		ends := make(chan socketio.DisconnectReason, 1)
		io.Of("/").Use(func(_ context.Context, s *socketio.Socket) error {
			s.OnDisconnect(func(r socketio.DisconnectReason) { ends <- r })
			return nil
		})
		io.Of("/").Use(func(context.Context, *socketio.Socket) error { return &socketio.ConnectError{Message: "no"} })
		p := dial(t, addr)
		p.send("0")
		p.expect(`4{"message":"no"}`)
		require.ErrorContains(t, wait(t, ends), "no")
	})
	t.Run("SIO-32 disconnected while connecting", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		io.Of("/").Use(func(_ context.Context, s *socketio.Socket) error { s.Disconnect(); return nil })
		io.Of("/").OnConnection(func(context.Context, *socketio.Socket) { t.Error("connected") })
		io.Of("/b")
		p := dial(t, addr)
		p.send("0")
		eventually(t, func() bool { return io.Of("/").Len() == 0 })
		p.join("0/b,")
	})
}

func TestShutdown(t *testing.T) {
	t.Run("SIO-70 transports are closed, staggered, and handlers awaited", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		ends := make(chan socketio.DisconnectReason, 10)
		done := make(chan struct{})
		io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
			s.OnDisconnect(func(r socketio.DisconnectReason) { ends <- r })
			s.Hold(func(ctx context.Context) { <-ctx.Done(); <-done })
		})
		var peers []*peer
		for range 5 {
			p, _ := connect(t, addr, "0")
			peers = append(peers, p)
		}
		time.AfterFunc(50*time.Millisecond, func() { close(done) })
		require.NoError(t, io.Shutdown(t.Context(), 20*time.Millisecond))
		require.Len(t, ends, 5, "Shutdown has waited")
		for _, p := range peers {
			require.Empty(t, p.closed(), "no DISCONNECT: clients come back")
			r := wait(t, ends)
			require.Equal(t, socketio.ReasonShutdown, r.Code)
			require.True(t, r.ComeBack)
		}
		_, err := tryDial(t, addr, "")
		require.ErrorContains(t, err, "503")
	})
}

// leaving is an adapter that says when a socket has left its rooms.
type leaving struct {
	*adapter.Memory
	left func(adapter.Member)
}

func (l leaving) Remove(m adapter.Member) {
	l.Memory.Remove(m)
	l.left(m)
}
