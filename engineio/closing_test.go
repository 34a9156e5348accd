package engineio

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClose(t *testing.T) {
	bye := CloseReason{Code: "bye", ComeBack: true}
	t.Run("EIO-60 flushes, then closes, on WebSocket", func(t *testing.T) {
		h := newHost(t, Config{})
		p, c := h.openWebSocket()
		for i := range 100 {
			p.Send(text(fmt.Sprint(i)))
		}
		p.Close(bye)
		require.ErrorIs(t, p.Send(text("late")), ErrClosed)
		c.send("4nobody hears this")
		for i := range 100 {
			require.Equal(t, fmt.Sprint("4", i), c.text())
		}
		require.Equal(t, 1005, c.closeCode())
		c.write([]byte{0x88, 0x80, 0, 0, 0, 0})
		c.ended()
		require.Equal(t, bye, p.end(t))
		require.Empty(t, p.messages)
	})
	t.Run("EIO-60 with a poll hanging", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		poll := h.hangingPoll(p)
		p.Close(bye)
		require.Equal(t, "1", (<-poll).body)
		require.Equal(t, bye, p.end(t))
	})
	t.Run("EIO-60 with the poll to come", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		p.Send(text("last words"))
		p.Close(bye)
		require.Equal(t, "ok", h.post(p.ID(), "4nobody hears this").body)
		require.Equal(t, "4last words\x1e1", h.get(p.ID()).body)
		require.Equal(t, bye, p.end(t))
		require.Equal(t, 400, h.get(p.ID()).status)
		require.Empty(t, p.messages)
	})
	t.Run("EIO-60 a poll that never comes", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p, at := h.openPolling(), time.Now()
			p.Close(bye)
			require.Equal(t, bye, p.end(t))
			within(t, h, flushTime, time.Since(at))
		})
	})
	t.Run("EIO-60 a client that reads nothing", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p, _ := h.openWebSocket()
			at := time.Now()
			p.Send(text("unread"))
			p.Close(bye)
			require.Equal(t, bye, p.end(t))
			require.Equal(t, flushTime, time.Since(at))
		})
	})
	t.Run("EIO-60 a client that doesn't answer the close frame", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p, c := h.openWebSocket()
			at := time.Now()
			p.Close(bye)
			require.Equal(t, 1005, c.closeCode())
			require.Equal(t, bye, p.end(t))
			require.Equal(t, lingerTime, time.Since(at))
		})
	})
	t.Run("EIO-60 during an upgrade", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		c := h.dialWebSocket(p.ID())
		c.send("2probe")
		require.Equal(t, "3probe", c.text())
		p.Send(text("last words"))
		p.Close(bye)
		c.send("5")
		require.Equal(t, "4last words", c.text())
		require.Equal(t, 1005, c.closeCode())
		c.conn.Close()
		require.Equal(t, bye, p.end(t))
	})
	t.Run("EIO-60 only the first reason counts", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		p.Close(bye)
		p.Close(CloseReason{Code: "again"})
		h.get(p.ID())
		require.Equal(t, bye, p.end(t))
		p.Close(CloseReason{Code: "after the end"})
		require.Equal(t, map[string]uint64{"bye": 1}, h.Stats().Closed)
	})
}

func TestClientEnds(t *testing.T) {
	t.Run("EIO-61 a close packet on WebSocket", func(t *testing.T) {
		h := newHost(t, Config{})
		p, c := h.openWebSocket()
		c.send("1")
		require.Equal(t, 1005, c.closeCode())
		c.ended()
		require.Equal(t, ReasonTransportClose, p.end(t).Code)
	})
	for name, tc := range map[string]struct {
		payload  string
		code     int
		comeBack bool
	}{
		"normal": {"\x03\xe8", 1000, false}, "going away": {"\x03\xe9bye", 1001, true}, "without a code": {"", 1005, false},
	} {
		t.Run("EIO-80 a close frame is answered: "+name, func(t *testing.T) {
			h := newHost(t, Config{})
			p, c := h.openWebSocket()
			c.write(maskedFrame(0x88, []byte(tc.payload)))
			require.Equal(t, tc.code, c.closeCode())
			c.ended()
			r := p.end(t)
			require.Equal(t, ReasonTransportClose, r.Code)
			require.Equal(t, tc.comeBack, r.ComeBack)
		})
	}
	t.Run("EIO-62 the network ends", func(t *testing.T) {
		h := newHost(t, Config{})
		p, c := h.openWebSocket()
		c.conn.Close()
		r := p.end(t)
		require.Equal(t, ReasonTransportClose, r.Code)
		require.ErrorIs(t, r.Err, io.EOF)
		require.True(t, r.ComeBack)
		require.Zero(t, h.Len())
	})
	t.Run("EIO-62 the network ends during an upgrade, then the session", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		c := h.dialWebSocket(p.ID())
		c.send("2probe")
		require.Equal(t, "3probe", c.text())
		h.post(p.ID(), "1")
		require.Equal(t, ReasonTransportClose, p.end(t).Code)
		c.ended()
	})
	t.Run("EIO-61 both close at once", func(t *testing.T) {
		h := newHost(t, Config{})
		for range 100 {
			p, c := h.openWebSocket()
			p.Send(text("x"))
			go p.Close(CloseReason{Code: "server"})
			c.sendClose(1000)
			c.closeCode()
			c.ended()
			require.Contains(t, []string{"server", ReasonTransportClose}, p.end(t).Code)
			require.Empty(t, p.closed)
		}
	})
}

func TestDone(t *testing.T) {
	t.Run("EIO-65 Done doesn't wait for the Receiver", func(t *testing.T) {
		for _, way := range []func(*peer){
			func(p *peer) { p.Close(CloseReason{}) },
			func(p *peer) { p.Conn.end(lost(errTest)) },
		} {
			h := newHost(t, Config{})
			entered := make(chan struct{})
			h.prepare = func(p *peer) {
				p.onMessage = func(string) { close(entered); <-p.Done() }
			}
			p, c := h.openWebSocket()
			c.send("4x")
			<-entered
			way(p)
			go c.ended()
			p.end(t)
		}
	})
	t.Run("EIO-65 closing inside the Receiver", func(t *testing.T) {
		for _, transport := range []string{Polling, WebSocket} {
			h := newHost(t, Config{QueuePackets: 4})
			h.prepare = func(p *peer) {
				p.onMessage = func(m string) {
					switch m {
					case "close":
						p.Close(CloseReason{})
					case "slow":
						for p.Send(text(strings.Repeat("x", 1<<20))) == nil {
						}
					}
				}
			}
			for _, how := range []string{"close", "slow"} {
				var p *peer
				if transport == Polling {
					p = h.openPolling()
					h.post(p.ID(), "4"+how)
					if how == "close" {
						require.Equal(t, "1", h.get(p.ID()).body)
					}
				} else {
					var c *wsClient
					p, c = h.openWebSocket()
					c.send("4" + how)
					if how == "close" {
						c.closeCode()
						c.conn.Close()
					}
				}
				p.end(t)
			}
		}
	})
}

func TestShutdown(t *testing.T) {
	t.Run("EIO-63 staggered, and new handshakes are told to wait", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			const n = 20
			begin, ends := time.Now(), make(chan time.Duration, n)
			for i := range n {
				if i%2 == 0 {
					p, c := h.openWebSocket()
					go func() { c.closeCode(); c.conn.Close(); require.Equal(t, ReasonShutdown, p.end(t).Code) }()
					go func() { <-p.Done(); ends <- time.Since(begin) }()
				} else {
					p := h.openPolling()
					go func() { h.get(p.ID()) }()
					go func() { <-p.Done(); ends <- time.Since(begin) }()
				}
			}
			synctest.Wait()
			begin = time.Now()
			result := make(chan error)
			go func() { result <- h.Shutdown(context.Background(), 2*time.Second) }()
			synctest.Wait()
			r := h.do("GET", "EIO=4&transport=polling", "")
			require.Equal(t, 503, r.status)
			require.NotEmpty(t, r.header.Get("Retry-After"))
			_, resp := h.tryWebSocket("EIO=4&transport=websocket")
			require.Equal(t, 503, resp.StatusCode)
			for i := range n {
				at := <-ends
				require.InDelta(t, float64(2*time.Second)*float64(i+1)/n, float64(at), float64(20*time.Millisecond))
			}
			require.NoError(t, <-result)
			require.Zero(t, h.Len())
			require.NoError(t, h.Shutdown(context.Background(), time.Second), "again")
		})
	})
	t.Run("EIO-63 its context cuts it short", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p, _ := h.openWebSocket()
			p.Send(text("unread"))
			h.openPolling()
			begin := time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			require.ErrorIs(t, h.Shutdown(ctx, time.Minute), context.DeadlineExceeded)
			require.Equal(t, time.Second, time.Since(begin))
			require.Equal(t, ReasonShutdown, p.end(t).Code)
			require.Zero(t, h.Len())
		})
	})
	t.Run("EIO-64 Close in every state", func(t *testing.T) {
		h := newHost(t, Config{})
		peers := []*peer{h.openPolling(), h.openPolling(), h.openPolling()}
		poll := h.hangingPoll(peers[1])
		probe := h.dialWebSocket(peers[2].ID())
		probe.send("2probe")
		require.Equal(t, "3probe", probe.text())
		onSocket, client := h.openWebSocket()
		upgraded, _ := h.openUpgraded()
		closing, _ := h.openWebSocket()
		closing.Close(CloseReason{Code: ReasonShutdown})
		require.Equal(t, 6, h.Stats().Open)
		require.NoError(t, h.Close())
		require.NoError(t, h.Close())
		require.Equal(t, "1", (<-poll).body)
		client.ended()
		for _, p := range append(peers, onSocket, upgraded, closing) {
			require.Len(t, p.closed, 1, "Close waits for the Receiver")
			require.Equal(t, ReasonShutdown, p.end(t).Code)
		}
		require.Equal(t, 503, h.do("GET", "EIO=4&transport=polling", "").status)
		require.Equal(t, 400, h.get(peers[0].ID()).status)
		require.Equal(t, Stats{Handshakes: 6, Upgrades: 1, Refused: h.Stats().Refused,
			Closed: map[string]uint64{ReasonShutdown: 6}}, h.Stats())
	})
	t.Run("EIO-64 a server that was never used", func(t *testing.T) {
		require.NoError(t, NewServer(Config{}).Close())
		require.NoError(t, NewServer(Config{}).Shutdown(context.Background(), time.Hour))
	})
}
