package engineio

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestAdjacentFrames(t *testing.T) {
	t.Run("EIO-50 frames of one Send stay together", func(t *testing.T) {
		h := newHost(t, Config{})
		p, c := h.openWebSocket()
		const senders, rounds = 8, 50
		for s := range senders {
			go func() {
				for i := range rounds {
					name := fmt.Sprintf("%d.%d", s, i)
					for p.Send(text(name+"a"), NewBinaryFrame([]byte(name)), text(name+"b")) != nil {
					}
				}
			}()
		}
		last := map[string]int{}
		for range senders * rounds {
			name := strings.TrimSuffix(strings.TrimPrefix(c.text(), "4"), "a")
			f, err := c.next()
			require.NoError(t, err)
			require.Equal(t, name, string(f.payload))
			require.Equal(t, "4"+name+"b", c.text())
			var s, i int
			fmt.Sscanf(name, "%d.%d", &s, &i)
			require.Equal(t, last[fmt.Sprint(s)], i, "each sender's own order")
			last[fmt.Sprint(s)]++
		}
	})
}

func TestQueueLimits(t *testing.T) {
	t.Run("EIO-51 full by packets", func(t *testing.T) {
		h := newHost(t, Config{QueuePackets: 10})
		p := h.openPolling()
		for range 9 {
			require.NoError(t, p.Send(text("x")))
		}
		require.ErrorIs(t, p.Send(text("x"), text("y")), ErrQueueFull)
		require.ErrorIs(t, p.Send(text("x")), ErrClosed)
		r := p.end(t)
		require.Equal(t, ReasonSlow, r.Code)
		require.True(t, r.ComeBack)
		require.EqualValues(t, 1, h.Stats().Closed[ReasonSlow])
	})
	t.Run("EIO-51 full by bytes", func(t *testing.T) {
		h := newHost(t, Config{QueueBytes: 1000})
		p := h.openPolling()
		require.NoError(t, p.Send(text(strings.Repeat("x", 900))))
		require.ErrorIs(t, p.Send(text(strings.Repeat("x", 100))), ErrQueueFull)
		require.Equal(t, ReasonSlow, p.end(t).Code)
	})
	t.Run("EIO-51 a burst that the network takes is no slow client", func(t *testing.T) {
		const senders, each = 4, 1000
		h := newHost(t, Config{QueuePackets: 16})
		p, client := h.openWebSocket()
		f := text("x") // all of them together fit into the kernel's buffers
		p.Send(f)
		require.Equal(t, "4x", client.text(), "past the gap after OPEN")
		var wait sync.WaitGroup
		for range senders {
			wait.Go(func() {
				for range each {
					if err := p.Send(f); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wait.Wait()
		for range senders * each {
			require.Equal(t, "4x", client.text())
		}
		require.Zero(t, h.Stats().Closed[ReasonSlow])
	})
	t.Run("EIO-51 a large message alone is no slow client", func(t *testing.T) {
		h := newHost(t, Config{QueueBytes: 1000})
		p := h.openPolling()
		large := strings.Repeat("x", 5000)
		require.NoError(t, p.Send(text(large)))
		require.Equal(t, "4"+large, h.get(p.ID()).body)
		require.NoError(t, p.Send(text(large)))
	})
	t.Run("EIO-51 reading makes room", func(t *testing.T) {
		h := newHost(t, Config{QueuePackets: 10})
		p := h.openPolling()
		for range 100 {
			require.NoError(t, p.Send(text("a"), text("b"), text("c"), text("d"), text("e"), text("f")))
			h.get(p.ID())
		}
	})
	t.Run("EIO-52 volatile is dropped at half", func(t *testing.T) {
		h := newHost(t, Config{QueuePackets: 10})
		p := h.openPolling()
		for range 5 {
			require.True(t, p.SendVolatile(text("v")))
		}
		require.False(t, p.SendVolatile(text("v")))
		require.NoError(t, p.Send(text("x")))
		require.EqualValues(t, 1, h.Stats().Dropped)
		require.Equal(t, "4v\x1e4v\x1e4v\x1e4v\x1e4v\x1e4x", h.get(p.ID()).body)
		require.True(t, p.SendVolatile(text("v")))
		p.Close(CloseReason{})
		require.False(t, p.SendVolatile(text("v")))
	})
}

func TestSendWait(t *testing.T) {
	ctx := context.Background()
	t.Run("EIO-53 waits for a quarter and never counts as slow", func(t *testing.T) {
		inBubble(t, Config{QueuePackets: 16}, func(t *testing.T, h *host) {
			p := h.openPolling()
			var sent atomic.Int32
			go func() {
				for range 100 {
					if p.SendWait(ctx, text("w")) != nil {
						return
					}
					sent.Add(1)
				}
			}()
			got := 0
			for got < 100 {
				synctest.Wait()
				require.LessOrEqual(t, int(sent.Load())-got, 16/4+1)
				got += len(messagesOf(h.get(p.ID()).body))
			}
			require.Equal(t, 100, got)
			require.Equal(t, 1, h.Len())
		})
	})
	t.Run("EIO-53 gives up with its context", func(t *testing.T) {
		h := newHost(t, Config{QueuePackets: 4})
		p := h.openPolling()
		require.NoError(t, p.Send(text("1"), text("2")))
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		require.ErrorIs(t, p.SendWait(ctx, text("3")), context.Canceled)
		require.Equal(t, "41\x1e42", h.get(p.ID()).body)
	})
	t.Run("EIO-53 gives up with the connection", func(t *testing.T) {
		h := newHost(t, Config{QueuePackets: 4})
		p := h.openPolling()
		require.NoError(t, p.Send(text("1"), text("2")))
		result := make(chan error)
		go func() { result <- p.SendWait(ctx, text("3")) }()
		p.await(t, func() bool { return p.room != nil })
		h.post(p.ID(), "1")
		require.ErrorIs(t, <-result, ErrClosed)
		require.ErrorIs(t, p.SendWait(ctx, text("4")), ErrClosed)
	})
}

func TestSlowReader(t *testing.T) {
	t.Run("EIO-54 one slow reader delays nobody and is closed", func(t *testing.T) {
		h := newHost(t, Config{QueueBytes: 1 << 20})
		slow, slowClient := h.openWebSocket()
		quick, quickClient := h.openWebSocket()
		f := NewBinaryFrame(make([]byte, 100_000))
		rounds := 0
		for slow.Send(f) == nil {
			require.NoError(t, quick.Send(f))
			got, err := quickClient.next()
			require.NoError(t, err)
			require.Len(t, got.payload, 100_000)
			rounds++
			require.Less(t, rounds, 10_000)
		}
		require.Equal(t, ReasonSlow, slow.end(t).Code)
		slowClient.ended()
		require.NoError(t, quick.Send(text("x")))
		require.Equal(t, "4x", quickClient.text())
		require.EqualValues(t, 1, h.Stats().Closed[ReasonSlow])
	})
	t.Run("EIO-54 a reader that goes on in time gets everything in order", func(t *testing.T) {
		h := newHost(t, Config{QueueBytes: 64 << 20, QueuePackets: 100_000})
		p, c := h.openWebSocket()
		const n = 3000
		for i := range n {
			require.NoError(t, p.Send(text(fmt.Sprintf("%05d", i)+strings.Repeat("x", i*7%9000))))
		}
		for i := range n {
			require.Equal(t, fmt.Sprintf("4%05d", i), c.text()[:6])
		}
		p.await(t, func() bool { return p.queue.packets == 0 && p.queue.bytes == 0 })
	})
}

// counted counts the writes of the server's end of a pipe.
type counted struct {
	net.Conn
	writes *atomic.Int32
}

func (c counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

func TestJoinedWrites(t *testing.T) {
	t.Run("EIO-55 what waits is one write", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var writes atomic.Int32
			pipes := newPipes()
			pipes.wrap = func(c net.Conn) net.Conn { return counted{c, &writes} }
			h := serve(t, Config{}, pipes, pipes.dial, &http.Server{})
			p, c := h.openWebSocket()
			synctest.Wait()
			writes.Store(0)
			for i := range 50 {
				require.NoError(t, p.Send(text(fmt.Sprint(i))))
			}
			for i := range 50 {
				require.Equal(t, fmt.Sprint("4", i), c.text())
			}
			require.LessOrEqual(t, writes.Load(), int32(2))
		})
	})
	t.Run("EIO-55 over real sockets", func(t *testing.T) {
		h := newHost(t, Config{})
		p, _ := h.openWebSocket()
		p.await(t, func() bool { return p.queue.packets == 0 })
		p.mu.Lock()
		p.queue.push(text("a"), text("b"), text("c"))
		b := newBatch()
		b.fill(&p.queue)
		p.mu.Unlock()
		n, err := b.write(p.sock)
		require.NoError(t, err)
		require.Equal(t, b.bytes, n)
	})
	t.Run("EIO-55 a broadcast's bytes are made once", func(t *testing.T) {
		f := NewBinaryFrame([]byte{1, 2, 3})
		var wg sync.WaitGroup
		forms := make([]*byte, 8)
		for i := range forms {
			wg.Go(func() { forms[i] = &f.polled()[0] })
		}
		wg.Wait()
		for _, form := range forms {
			require.Same(t, forms[0], form)
		}
	})
}

func TestQueueKeepsLittle(t *testing.T) {
	t.Run("EIO-55 an idle queue keeps no memory to speak of", func(t *testing.T) {
		var q queue
		for range 1000 {
			q.push(text("x"))
		}
		for !q.empty() {
			frames, bytes := q.take(nil, batchFrames, batchBytes)
			q.done(bytes, len(frames))
		}
		require.LessOrEqual(t, cap(q.frames), keepCapacity)
		require.Zero(t, q.bytes)
		require.Zero(t, q.packets)
	})
}

func TestReceiver(t *testing.T) {
	// peer itself panics on two calls at once or a call after Closed.
	for _, transport := range []string{Polling, WebSocket} {
		t.Run("EIO-56 one call at a time, Closed once and last: "+transport, func(t *testing.T) {
			h := newHost(t, Config{})
			for range 50 {
				var p *peer
				if transport == Polling {
					p = h.openPolling()
					go h.post(p.ID(), strings.Repeat("4x\x1e", 20)+"4x")
				} else {
					var c *wsClient
					p, c = h.openWebSocket()
					go c.conn.Write(bytes.Repeat(maskedFrame(0x81, []byte("4x")), 20))
				}
				go p.Conn.end(lost(errTest))
				go p.Close(CloseReason{})
				p.end(t)
				require.Empty(t, p.closed)
			}
		})
	}
}

func TestEndWhileWriting(t *testing.T) {
	t.Run("EIO-59 a socket is closed when nobody writes to it any more", func(t *testing.T) {
		h := newHost(t, Config{})
		p, c := h.openWebSocket()
		p.await(t, func() bool { return !p.writing && !p.scheduled })
		p.mu.Lock()
		p.queue.push(text("last"))
		p.mu.Unlock()
		b := newBatch()
		s := p.beginWrite(b)
		require.NotNil(t, s)
		p.Conn.end(lost(errTest))

		open := func() bool { return s.raw.Control(func(uintptr) {}) == nil }
		require.True(t, open(), "closed while it is written to")
		n, err := b.write(s)
		p.endWrite(s, b, n, err)
		require.NoError(t, err)
		require.False(t, open(), "left open")
		require.Equal(t, "4last", c.text())
		c.ended()
		require.ErrorIs(t, p.end(t).Err, errTest)
	})
}
