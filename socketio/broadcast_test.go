package socketio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio"
	"github.com/agentportal/portal/socketio/adapter/adaptertest"
)

// crowd connects one peer for each list of rooms, which its socket joins.
func crowd(t *testing.T, io *socketio.Server, addr string, rooms ...[]string) ([]*peer, []*socketio.Socket) {
	sockets := make(chan *socketio.Socket, 1)
	io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) { sockets <- s })
	var ps []*peer
	var ss []*socketio.Socket
	for _, r := range rooms {
		p, _ := connect(t, addr, "0")
		s := wait(t, sockets)
		s.Join(r...)
		ps, ss = append(ps, p), append(ss, s)
	}
	return ps, ss
}

// mark sends everyone a last event and returns what each got before it.
func mark(t *testing.T, io *socketio.Server, peers []*peer) [][]string {
	t.Helper()
	require.NoError(t, io.Of("/").Emit("mark"))
	out := make([][]string, len(peers))
	for i, p := range peers {
		for got := p.next(); got != `2["mark"]`; got = p.next() {
			out[i] = append(out[i], got)
		}
	}
	return out
}

func TestBroadcast(t *testing.T) {
	t.Run("SIO-50 to, in, except, each socket once", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		peers, sockets := crowd(t, io, addr, []string{"r", "s"}, []string{"r"}, []string{"s"}, nil)
		n := io.Of("/")
		require.NoError(t, n.To("r").To("s").Emit("a"))
		require.NoError(t, n.In("r", "s").Except("s").Emit("b"))
		require.NoError(t, n.Except("r").Emit("c"))
		require.NoError(t, n.To(sockets[3].ID()).Emit("d"))
		require.NoError(t, n.To("none").Emit("e"))
		require.NoError(t, sockets[0].To("r").Emit("f"))
		require.NoError(t, sockets[0].To().Emit("g"))
		require.NoError(t, n.Local().Emit("h"))
		require.Equal(t, [][]string{
			{`2["a"]`, `2["h"]`},
			{`2["a"]`, `2["b"]`, `2["f"]`, `2["g"]`, `2["h"]`},
			{`2["a"]`, `2["c"]`, `2["g"]`, `2["h"]`},
			{`2["c"]`, `2["d"]`, `2["g"]`, `2["h"]`},
		}, mark(t, io, peers))
	})
	t.Run("SIO-50 a target is not changed by what is made of it", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		peers, _ := crowd(t, io, addr, []string{"r"}, []string{"s"})
		base := io.Of("/").To("r")
		_ = base.To("s").Volatile().Except("r").Local()
		require.NoError(t, base.Emit("a"))
		require.Equal(t, [][]string{{`2["a"]`}, nil}, mark(t, io, peers))
	})
	t.Run("SIO-51 a socket that has left gets nothing", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		peers, sockets := crowd(t, io, addr, []string{"r"}, []string{"r"})
		sockets[0].Leave("r")
		sockets[1].Disconnect()
		require.NoError(t, io.Of("/").To("r").Emit("a"))
		require.Equal(t, [][]string{nil}, mark(t, io, peers[:1]))
		peers[1].expect("1")
	})
	t.Run("SIO-53 encoded once, for one namespace", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		peers, sockets := crowd(t, io, addr, []string{"r"}, nil)
		var count counting
		p, err := io.Of("/").Encode("a", &count, []byte{1})
		require.NoError(t, err)
		require.NoError(t, io.Of("/").Send(p))
		require.NoError(t, io.Of("/").To("r").Send(p))
		require.NoError(t, sockets[1].Send(p))
		require.NoError(t, sockets[1].SendWait(t.Context(), p))
		require.Equal(t, 1, int(count))
		for i, n := range []int{2, 3} {
			for range n {
				peers[i].expect(`51-["a",1,{"_placeholder":true,"num":0}]`, "b:\x01")
			}
		}
		require.Error(t, io.Of("/other").Send(p))
		other, err := io.Of("/other").Encode("a")
		require.NoError(t, err)
		require.Error(t, sockets[0].Send(other))
		require.Error(t, sockets[0].SendWait(t.Context(), other))
	})
	t.Run("EIO-87 compressed once, attachments too", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{Engine: engineio.Config{CompressFrom: 1000}})
		plain, _ := connect(t, addr, "0")
		peers := []*peer{plain}
		for range 5 {
			p, err := tryDial(t, addr, "", "Sec-WebSocket-Extensions: permessage-deflate")
			require.NoError(t, err)
			p.join("0")
			peers = append(peers, p)
		}
		long := strings.Repeat("x", 1000)
		for round := range 3 {
			require.NoError(t, io.Of("/").Emit("a", long, []byte(long)))
			for _, p := range peers {
				p.expect(`51-["a","`+long+`",{"_placeholder":true,"num":0}]`, "b:"+long)
			}
			require.EqualValues(t, 2*(round+1), io.Stats().Compressed)
		}
	})
	t.Run("SIO-56 the sockets of a set", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		peers, sockets := crowd(t, io, addr, []string{"r"}, []string{"r"}, nil)
		n := io.Of("/")
		sockets[0].SetData("first")
		n.To("r").SocketsJoin("x", "y")
		n.To("r").Except(sockets[0].ID()).SocketsLeave("r", "x")
		found, err := n.To("r", "y").FetchSockets(t.Context())
		require.NoError(t, err)
		slices.SortFunc(found, func(a, b socketio.RemoteSocket) int { return len(b.Rooms) - len(a.Rooms) })
		require.Equal(t, []socketio.RemoteSocket{
			{ID: sockets[0].ID(), Rooms: []string{"r", "x", "y"}, Data: "first"},
			{ID: sockets[1].ID(), Rooms: []string{"y"}},
		}, found)
		n.To("x").DisconnectSockets(false)
		peers[0].expect("1")
		n.DisconnectSockets(true)
		require.Equal(t, []string{"1"}, peers[1].closed())
		require.Equal(t, []string{"1"}, peers[2].closed())
		found, err = n.FetchSockets(t.Context())
		require.NoError(t, err)
		require.Empty(t, found)
	})
}

// counting counts how often it is encoded.
type counting int

func (c *counting) MarshalJSON() ([]byte, error) {
	*c++
	return []byte("1"), nil
}

func TestBroadcastAcks(t *testing.T) {
	t.Run("SIO-55 all answers", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		peers, sockets := crowd(t, io, addr, []string{"r"}, []string{"r"}, nil)
		var got []socketio.Reply
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			got, err = io.Of("/").To("r").EmitWithAck(t.Context(), "q", []byte{1})
		}()
		for i, p := range peers[:2] {
			p.expect(`51-1["q",{"_placeholder":true,"num":0}]`, "b:\x01")
			p.send(fmt.Sprintf(`31[%d]`, i))
		}
		<-done
		require.NoError(t, err)
		require.ElementsMatch(t, []socketio.Reply{
			{SocketID: sockets[0].ID(), Args: []json.RawMessage{json.RawMessage("0")}},
			{SocketID: sockets[1].ID(), Args: []json.RawMessage{json.RawMessage("1")}},
		}, got)
		got, err = io.Of("/").To("none").EmitWithAck(t.Context(), "q")
		require.NoError(t, err)
		require.Empty(t, got)
	})
	t.Run("SIO-55 those that came, when others don't", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		peers, _ := crowd(t, io, addr, nil, nil, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		go func() {
			peers[0].expect(`21["q"]`)
			peers[0].send("31[7]")
			peers[1].drop()
		}()
		got, err := io.Of("/").EmitWithAck(ctx, "q")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Len(t, got, 1)
		require.Equal(t, "7", string(got[0].Args[0]))
	})
	t.Run("SIO-55 a socket that ends is not waited for", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		peers, _ := crowd(t, io, addr, nil)
		go func() { peers[0].expect(`21["q"]`); peers[0].drop() }()
		got, err := io.Of("/").EmitWithAck(t.Context(), "q")
		require.ErrorIs(t, err, socketio.ErrDisconnected)
		require.Empty(t, got)
	})
}

func TestOrder(t *testing.T) {
	t.Run("SIO-52 frames of a packet stay together, in one sender's order", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		const senders, each = 8, 50
		peers, _ := crowd(t, io, addr, []string{"r"}, []string{"r"}, []string{"r"})
		var sending sync.WaitGroup
		for w := range senders {
			sending.Go(func() {
				for i := range each {
					tag := fmt.Sprintf("%d-%d", w, i)
					if err := io.Of("/").To("r").Emit("e", tag, []byte(tag+"a"), []byte(tag+"b")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for _, p := range peers {
			next := make([]int, senders)
			for range senders * each {
				var tag string
				_, err := fmt.Sscanf(p.next(), `52-["e",%q,`, &tag)
				require.NoError(t, err)
				p.expect("b:"+tag+"a", "b:"+tag+"b")
				var w, i int
				_, err = fmt.Sscanf(tag, "%d-%d", &w, &i)
				require.NoError(t, err)
				require.Equal(t, next[w], i)
				next[w]++
			}
		}
		sending.Wait()
	})
}

func TestBackPressure(t *testing.T) {
	big := strings.Repeat("x", 32<<10)
	small := engineio.Config{QueueBytes: 256 << 10}
	t.Run("SIO-57 a slow socket is closed and delays nobody", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{Engine: small})
		peers, sockets := crowd(t, io, addr, []string{"r"}, []string{"r"})
		ends := make(chan socketio.DisconnectReason, 1)
		sockets[0].OnDisconnect(func(r socketio.DisconnectReason) { ends <- r })
		for i := range 2000 {
			require.NoError(t, io.Of("/").To("r").Emit("e", i, big))
			require.True(t, strings.HasPrefix(peers[1].next(), fmt.Sprintf(`2["e",%d,`, i)))
			if !sockets[0].Connected() {
				break
			}
		}
		reason := wait(t, ends)
		require.Equal(t, "slow", reason.Code)
		require.True(t, reason.ComeBack)
		require.True(t, sockets[1].Connected())
	})
	t.Run("SIO-54 volatile events are dropped instead", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{Engine: small})
		peers, sockets := crowd(t, io, addr, []string{"r"}, []string{"r"})
		for i := range 2000 {
			require.NoError(t, io.Of("/").To("r").Volatile().Emit("e", i, big))
			require.NoError(t, sockets[0].EmitVolatile("e", i, big))
			require.True(t, strings.HasPrefix(peers[1].next(), fmt.Sprintf(`2["e",%d,`, i)))
		}
		require.True(t, sockets[0].Connected())
		require.NoError(t, sockets[0].Emit("last"))
		got := 0
		for p := peers[0].next(); p != `2["last"]`; p = peers[0].next() {
			got++
		}
		require.Less(t, got, 4000)
	})
}

func TestNodes(t *testing.T) {
	hub := &adaptertest.Hub{}
	cfg := socketio.Config{Adapter: hub.Adapter}
	a, addrA := serve(t, cfg)
	b, addrB := serve(t, cfg)
	peersA, socketsA := crowd(t, a, addrA, []string{"r"})
	peersB, socketsB := crowd(t, b, addrB, []string{"r"}, nil)
	socketsB[0].SetData(map[string]int{"x": 1})
	n := a.Of("/")

	t.Run("SIO-58 rooms span nodes, unless local", func(t *testing.T) {
		require.NoError(t, n.To("r").Emit("a", []byte{1}))
		require.NoError(t, n.Local().Emit("b"))
		require.NoError(t, n.Volatile().Emit("c"))
		require.NoError(t, socketsA[0].To(socketsB[1].ID()).Emit("d"))
		peersA[0].expect(`51-["a",{"_placeholder":true,"num":0}]`, "b:\x01", `2["b"]`, `2["c"]`)
		peersB[0].expect(`51-["a",{"_placeholder":true,"num":0}]`, "b:\x01", `2["c"]`)
		peersB[1].expect(`2["c"]`, `2["d"]`)
	})
	t.Run("SIO-58 so do acknowledgements", func(t *testing.T) {
		for i, p := range []*peer{peersA[0], peersB[0]} {
			go func() {
				q := p.next()
				id := strings.TrimSuffix(strings.TrimPrefix(q, "2"), `["q",1]`)
				p.send(fmt.Sprintf(`3%s[%d]`, id, i))
			}()
		}
		got, err := n.To("r").EmitWithAck(t.Context(), "q", 1)
		require.NoError(t, err)
		require.ElementsMatch(t, []socketio.Reply{
			{SocketID: socketsA[0].ID(), Args: []json.RawMessage{json.RawMessage("0")}},
			{SocketID: socketsB[0].ID(), Args: []json.RawMessage{json.RawMessage("1")}},
		}, got)
	})
	t.Run("SIO-58 and the sockets of a set", func(t *testing.T) {
		found, err := n.To("r").Except(socketsA[0].ID()).FetchSockets(t.Context())
		require.NoError(t, err)
		require.Equal(t, []socketio.RemoteSocket{{ID: socketsB[0].ID(), Rooms: []string{"r"}, Data: json.RawMessage(`{"x":1}`)}}, found)
		n.To("r").SocketsJoin("s")
		n.To("s").SocketsLeave("r")
		require.Equal(t, []string{"s"}, socketsB[0].Rooms())
		n.Local().DisconnectSockets(false)
		peersA[0].expect("1")
		n.DisconnectSockets(true)
		require.Equal(t, []string{"1"}, peersB[0].closed())
	})
}
