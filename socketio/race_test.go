package socketio_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/socketio"
)

// TestEndsRace ends sockets from all sides at once, in every pairing and order.
func TestEndsRace(t *testing.T) {
	ends := map[string]func(p *peer, s *socketio.Socket){
		"drop":       func(p *peer, _ *socketio.Socket) { p.drop() },
		"leave":      func(p *peer, _ *socketio.Socket) { p.send("1") },
		"malformed":  func(p *peer, _ *socketio.Socket) { p.send("x") },
		"disconnect": func(_ *peer, s *socketio.Socket) { s.Disconnect() },
		"close": func(_ *peer, s *socketio.Socket) {
			s.CloseTransport(socketio.DisconnectReason{Code: "test", ComeBack: true})
		},
		"panic": func(p *peer, _ *socketio.Socket) { p.send(`2["panic"]`) },
		"hold":  func(_ *peer, s *socketio.Socket) { s.Hold(func(context.Context) { s.Disconnect() }) },
	}
	io, addr := serve(t, socketio.Config{})
	n := io.Of("/")
	var ended, over atomic.Int64
	sockets := make(chan *socketio.Socket)
	n.OnConnection(func(_ context.Context, s *socketio.Socket) {
		s.OnDisconnect(func(socketio.DisconnectReason) { ended.Add(1) })
		s.On("panic", func(context.Context, *socketio.Call) { panic("test") })
		context.AfterFunc(s.Context(), func() { over.Add(1) })
		sockets <- s
	})
	for name, first := range ends {
		for other, second := range ends {
			t.Run(fmt.Sprintf("SIO-33 once: %s, %s", name, other), func(t *testing.T) {
				const times = 10
				before := ended.Load()
				for range times {
					p := dial(t, addr)
					p.send("0")
					s := wait(t, sockets)
					var race sync.WaitGroup
					race.Go(func() { first(p, s) })
					race.Go(func() { second(p, s) })
					race.Go(func() { s.Join("r"); _ = n.To("r").Emit("e"); s.Leave("r"); s.Join("r") })
					race.Wait()
					<-s.Context().Done()
					p.drop()
				}
				eventually(t, func() bool { return ended.Load() == before+times })
				require.Zero(t, n.Len())
				found, err := n.To("r").FetchSockets(t.Context())
				require.NoError(t, err)
				require.Empty(t, found)
			})
		}
	}
	eventually(t, func() bool { return ended.Load() == over.Load() })
}

// TestConnectRaces drops connections at every moment of connecting.
func TestConnectRaces(t *testing.T) {
	io, addr := serve(t, socketio.Config{Sessions: storeFunc(func(_ context.Context, s *socketio.Socket, _ socketio.RecoveryAsk) (socketio.Session, error) {
		return socketio.Session{Rooms: []string{"r"}, Resume: func(context.Context, *socketio.Socket) error { return nil }}, nil
	})})
	n := io.Of("/")
	var began, ended atomic.Int64
	n.Use(func(context.Context, *socketio.Socket) error { return nil })
	n.OnConnection(func(_ context.Context, s *socketio.Socket) {
		began.Add(1)
		s.OnDisconnect(func(socketio.DisconnectReason) { ended.Add(1) })
	})
	t.Run("SIO-21 who goes away while connecting leaves nothing behind", func(t *testing.T) {
		var clients sync.WaitGroup
		for w := range 8 {
			clients.Go(func() {
				for i := range 40 {
					p, err := tryDial(t, addr, "")
					if err != nil {
						t.Error(err)
						return
					}
					p.send("0")
					for range (i + w) % 4 {
						p.send(`2["e"]`)
					}
					switch i % 3 {
					case 0:
						p.send("1")
					case 1:
						_, _ = p.receive()
					}
					p.drop()
				}
			})
		}
		clients.Wait()
		eventually(t, func() bool { return n.Len() == 0 && io.Len() == 0 })
		found, err := n.To("r").FetchSockets(t.Context())
		require.NoError(t, err)
		require.Empty(t, found)
	})
}
