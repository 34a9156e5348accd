package socketio_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio"
)

// words is how much each client says in a life.
const words = 3

// TestStress has 1,000 clients at once join, leave, emit and drop, while two
// residents watch a room that everyone broadcasts to.
func TestStress(t *testing.T) {
	const clients, residents, lives = 1000, 2, 2
	m := socketio.NewMemorySessions(time.Minute, 1000)
	io, addr := serve(t, socketio.Config{Sessions: m, Engine: engineio.Config{QueuePackets: 1 << 20, QueueBytes: 64 << 20}})
	n := io.Of("/")
	n.On("join", func(_ context.Context, c *socketio.Call) {
		var room string
		_ = c.Decode(0, &room)
		c.Socket.Join(room)
		_ = c.Ack()
	})
	n.On("leave", func(_ context.Context, c *socketio.Call) {
		c.Socket.Leave(c.Socket.Rooms()...)
		_ = c.Ack()
	})
	n.On("say", func(_ context.Context, c *socketio.Call) {
		_ = n.To("all").Emit("said", c.Values()...)
		_ = c.Socket.To(c.Socket.Rooms()...).Volatile().Emit("noise", c.Values()...)
		_ = c.Ack()
	})
	n.On("close", func(_ context.Context, c *socketio.Call) {
		c.Socket.CloseTransport(socketio.DisconnectReason{Code: "stress", ComeBack: true})
	})
	n.On("end", func(_ context.Context, c *socketio.Call) { c.Socket.Disconnect() })

	var watching sync.WaitGroup
	seen := make([]map[string]int, residents)
	for i := range residents {
		p, _ := connect(t, addr, "0")
		p.send(`20["join","all"]`)
		p.expect("30[]")
		seen[i] = map[string]int{}
		watching.Go(func() { watch(t, p, seen[i], clients*lives) })
	}

	var playing sync.WaitGroup
	for i := range clients {
		playing.Go(func() {
			for life := range lives {
				play(t, addr, i, life)
			}
		})
	}
	playing.Wait()
	watching.Wait()
	for i := range residents {
		require.Len(t, seen[i], clients*lives, "every word was heard")
	}
	eventually(t, func() bool { return n.Len() == residents })
	found, err := n.To("room-0", "room-7").FetchSockets(t.Context())
	require.NoError(t, err)
	require.Empty(t, found)
}

// watch counts what is said, and checks that each speaker is heard in order.
func watch(t *testing.T, p *peer, seen map[string]int, want int) {
	for left := want * words; left > 0; left-- {
		got, err := p.receive()
		if err != nil {
			t.Errorf("a resident: %v", err)
			return
		}
		who, word := "", 0
		if _, err := fmt.Sscanf(got, `2["said",%q,%d`, &who, &word); err != nil || word != seen[who]+1 {
			t.Errorf("%s after %d of %s", got, seen[who], who)
			return
		}
		seen[who] = word
	}
}

// play is one life of a client: it joins, speaks, and ends one way or another.
func play(t *testing.T, addr string, i, life int) {
	p, err := tryDial(t, addr, "")
	if err != nil {
		t.Errorf("client %d: %v", i, err)
		return
	}
	defer p.drop()
	p.send("0")
	p.send(fmt.Sprintf(`21["join","room-%d"]`, i%50))
	for word := range words {
		p.send(fmt.Sprintf(`2%d["say","%d-%d",%d]`, word+2, i, life, word+1))
	}
	for got := ""; !strings.HasPrefix(got, fmt.Sprintf("3%d", words+1)); {
		if got, err = p.receive(); err != nil {
			t.Errorf("client %d: %v", i, err)
			return
		}
	}
	switch rand.IntN(5) {
	case 0:
		p.send(`2["leave"]`)
		p.send("1")
	case 1:
		p.send(`2["close"]`)
	case 2:
		p.send(`2["end"]`)
	case 3:
		p.send(`2["leave"`) // malformed
	}
}
