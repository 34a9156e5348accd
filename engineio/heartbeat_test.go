package engineio

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// within checks that the wheel did something at its time: at most two ticks
// and a bit early, never late.
func within(t *testing.T, h *host, want, got time.Duration) {
	t.Helper()
	require.LessOrEqual(t, got, want)
	require.Greater(t, got, want-3*h.wheel.tick)
}

func TestHeartbeat(t *testing.T) {
	small := Config{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond}
	t.Run("EIO-30 pings on WebSocket", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			_, c := h.openWebSocket()
			for range 5 {
				begin := time.Now()
				c.conn.SetReadDeadline(time.Time{})
				require.Equal(t, "2", readPlain(c))
				within(t, h, 25*time.Second, time.Since(begin))
				c.send("3")
			}
		})
	})
	t.Run("EIO-30 pings on polling", func(t *testing.T) {
		inBubble(t, small, func(t *testing.T, h *host) {
			p := h.openPolling()
			for range 5 {
				begin := time.Now()
				require.Equal(t, "2", h.get(p.ID()).body)
				within(t, h, 300*time.Millisecond, time.Since(begin))
				require.Equal(t, "ok", h.post(p.ID(), "3").body)
			}
		})
	})
	t.Run("EIO-31 a ping goes alone in its poll", func(t *testing.T) {
		inBubble(t, small, func(t *testing.T, h *host) {
			p := h.openPolling()
			p.Send(text("before"))
			time.Sleep(300 * time.Millisecond)
			p.Send(text("after"), text("too"))
			require.Equal(t, "4before", h.get(p.ID()).body)
			require.Equal(t, "2", h.get(p.ID()).body)
			require.Equal(t, "4after\x1e4too", h.get(p.ID()).body)
		})
	})
	t.Run("EIO-32 pongs are told, those that nobody waits for change nothing", func(t *testing.T) {
		inBubble(t, small, func(t *testing.T, h *host) {
			p, c := h.openWebSocket()
			pongs := make(chan struct{}, 10)
			p.OnPong(func() { pongs <- struct{}{} })
			begin := time.Now()
			c.send("3")
			time.Sleep(100 * time.Millisecond)
			c.send("3")
			require.Equal(t, "2", c.text())
			within(t, h, 300*time.Millisecond, time.Since(begin))
			require.Empty(t, pongs)
			c.send("3")
			synctest.Wait()
			require.Len(t, pongs, 1)
			p.OnPong(nil)
			require.Equal(t, "2", c.text())
			c.send("3")
			synctest.Wait()
			require.Len(t, pongs, 1)
		})
	})
}

// readPlain reads a text message without a deadline.
func readPlain(c *wsClient) string {
	head := make([]byte, 2)
	c.in.Read(head[:1])
	c.in.Read(head[1:])
	body := make([]byte, head[1])
	for i := range body {
		c.in.Read(body[i : i+1])
	}
	return string(body)
}

func TestPingTimeout(t *testing.T) {
	for _, cfg := range []Config{
		{},
		{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond},
		{PingInterval: 50 * time.Millisecond, PingTimeout: 20 * time.Millisecond},
		{PingInterval: 200 * time.Millisecond, PingTimeout: 5 * time.Second},
	} {
		full := cfg.withDefaults()
		sum := full.PingInterval + full.PingTimeout
		name := full.PingInterval.String() + "/" + full.PingTimeout.String()
		t.Run("EIO-33 on WebSocket "+name, func(t *testing.T) {
			inBubble(t, cfg, func(t *testing.T, h *host) {
				begin := time.Now()
				p, c := h.openWebSocket()
				go readPlain(c)
				r := p.end(t)
				within(t, h, sum, time.Since(begin))
				require.Equal(t, CloseReason{Code: ReasonPingTimeout, ComeBack: true}, r)
			})
		})
		t.Run("EIO-33 on polling, nobody polls "+name, func(t *testing.T) {
			inBubble(t, cfg, func(t *testing.T, h *host) {
				begin := time.Now()
				p := h.openPolling()
				require.Equal(t, ReasonPingTimeout, p.end(t).Code)
				within(t, h, sum, time.Since(begin))
				require.Equal(t, 400, h.get(p.ID()).status)
			})
		})
		t.Run("EIO-33 on polling, a poll hangs "+name, func(t *testing.T) {
			inBubble(t, cfg, func(t *testing.T, h *host) {
				begin := time.Now()
				p := h.openPolling()
				require.Equal(t, "2", h.get(p.ID()).body)
				require.Equal(t, "1", h.get(p.ID()).body)
				within(t, h, sum, time.Since(begin))
				require.Equal(t, ReasonPingTimeout, p.end(t).Code)
			})
		})
	}
	t.Run("EIO-33 on polling over real sockets", func(t *testing.T) {
		h := newHost(t, Config{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond})
		p := h.openPolling()
		<-time.After(500 * time.Millisecond)
		require.Equal(t, 400, h.get(p.ID()).status)
	})
	t.Run("EIO-33 any number of sessions at any time", func(t *testing.T) {
		inBubble(t, Config{PingInterval: 30 * time.Second, PingTimeout: 30 * time.Second}, func(t *testing.T, h *host) {
			ends := make(chan struct{})
			for i := range 300 {
				time.Sleep(time.Duration(i%17) * 13 * time.Millisecond)
				begin, p := time.Now(), h.openPolling()
				go func() {
					p.end(t)
					within(t, h, time.Minute, time.Since(begin))
					ends <- struct{}{}
				}()
			}
			for range 300 {
				<-ends
			}
		})
	})
}

func TestHeldUp(t *testing.T) {
	t.Run("EIO-35 the process was held up", func(t *testing.T) {
		inBubble(t, Config{PingInterval: 10 * time.Second, PingTimeout: 4 * time.Second}, func(t *testing.T, h *host) {
			p := h.openPolling()
			now := h.wheel.now()
			p.Conn.fired(now + 60*time.Second) // the ping is late
			require.Equal(t, now+64*time.Second, p.beat.at)
			p.beat.at = now
			p.Conn.fired(now + 60*time.Second) // the pong may lie unread
			require.Equal(t, now+62*time.Second, p.beat.at)
			require.Equal(t, open, p.state)
			p.Conn.fired(now + 120*time.Second) // spared once only
			require.Equal(t, ReasonPingTimeout, p.end(t).Code)
		})
	})
}

func TestNothingIdles(t *testing.T) {
	t.Run("EIO-34 the wheel runs only while there are sessions", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			running := func() bool {
				h.wheel.mu.Lock()
				defer h.wheel.mu.Unlock()
				return h.wheel.running
			}
			require.False(t, running())
			for range 3 {
				p := h.openPolling()
				require.True(t, running())
				h.post(p.ID(), "1\x1e")
				h.get(p.ID())
				time.Sleep(2 * h.wheel.tick)
				require.False(t, running())
			}
		})
	})
}
