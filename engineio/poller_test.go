package engineio

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuietSockets(t *testing.T) {
	t.Run("EIO-58 a quiet WebSocket holds no goroutine and no buffer", func(t *testing.T) {
		h := newHost(t, Config{})
		if !h.poller.serves(&socket{raw: noConn{}}) {
			require.NotEqual(t, "linux", runtime.GOOS)
			return // every socket has its goroutine here
		}
		before := runtime.NumGoroutine()
		var clients []*wsClient
		for range 100 {
			p, c := h.openWebSocket()
			c.send("4x")
			require.Equal(t, "x", p.message(t))
			clients = append(clients, c)
		}
		require.Eventually(t, func() bool { return runtime.NumGoroutine() < before+20 }, 10*time.Second, time.Millisecond)
		for _, c := range clients {
			c.send("4again")
		}
	})
	t.Run("EIO-58 nothing is lost or late however the bytes come", func(t *testing.T) {
		h := newHost(t, Config{})
		var all sync.WaitGroup
		for k := range 8 {
			p, c := h.openWebSocket()
			all.Go(func() { dribble(c, k) })
			all.Go(func() {
				for i := range 500 {
					require.Equal(t, dribbled(i), p.message(t))
				}
			})
		}
		all.Wait()
	})
	t.Run("EIO-58 an end that comes with the last bytes is told", func(t *testing.T) {
		h := newHost(t, Config{})
		for range 200 {
			p, c := h.openWebSocket()
			c.send("4last")
			c.conn.Close()
			require.Equal(t, "last", p.message(t))
			require.Equal(t, ReasonTransportClose, p.end(t).Code)
		}
	})
	t.Run("EIO-58 a quiet WebSocket can be closed", func(t *testing.T) {
		h := newHost(t, Config{})
		p, c := h.openWebSocket()
		p.await(t, func() bool { return p.sock.at.Load() == parked || runtime.GOOS != "linux" })
		p.Close(CloseReason{Code: "enough"})
		require.Equal(t, 1005, c.closeCode())
		require.Equal(t, "enough", p.end(t).Code, "though the client doesn't answer")
	})
	t.Run("EIO-58 an application that waits keeps nobody else", func(t *testing.T) {
		h := newHost(t, Config{})
		free := make(chan struct{})
		h.prepare = func(p *peer) {
			p.onMessage = func(m string) {
				if m == "wait" {
					<-free
				}
			}
		}
		var waiting []*peer
		for range 20 {
			p, c := h.openWebSocket()
			c.send("4wait")
			waiting = append(waiting, p)
		}
		p, c := h.openWebSocket()
		for range 10 {
			c.send("4go")
			require.Equal(t, "go", p.message(t))
		}
		close(free)
		for _, p := range waiting {
			require.Equal(t, "wait", p.message(t))
		}
	})
}

// dribbled is a message of a length that depends on i: most are short, some
// fill the reader's buffers to the byte.
func dribbled(i int) string {
	size := []int{1, 50, 505, 506, 507, 2000, 16<<10 - 8, 20_000}[i%8]
	return fmt.Sprint(i) + strings.Repeat("z", size)
}

// dribble sends the messages in pieces that end anywhere.
func dribble(c *wsClient, k int) {
	var b []byte
	for i := range 500 {
		b = append(b, maskedFrame(0x81, []byte("4"+dribbled(i)))...)
		if i%(3+k) == 0 {
			for cut := 1 + k; len(b) > 0; cut = cut*5%9973 + 1 {
				n := min(cut, len(b))
				c.conn.Write(b[:n])
				b = b[n:]
				runtime.Gosched()
			}
		}
	}
	c.conn.Write(b)
}

// noConn stands for a connection that can be read without waiting.
type noConn struct{}

func (noConn) Control(func(uintptr)) error    { return errTest }
func (noConn) Read(func(uintptr) bool) error  { return errTest }
func (noConn) Write(func(uintptr) bool) error { return errTest }
