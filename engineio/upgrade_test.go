package engineio

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUpgrade(t *testing.T) {
	t.Run("EIO-40 the exchange", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		require.Equal(t, Polling, p.Transport())
		poll := h.hangingPoll(p)
		c := h.dialWebSocket(p.ID())
		c.send("2probe")
		require.Equal(t, "3probe", c.text())
		r := <-poll
		require.Equal(t, 200, r.status)
		require.Equal(t, "6", r.body)
		require.Equal(t, Polling, p.Transport())
		c.send("5")
		c.send("4hello")
		require.Equal(t, "hello", p.message(t))
		require.Equal(t, WebSocket, p.Transport())
		require.NoError(t, p.Send(text("there")))
		require.Equal(t, "4there", c.text())
		require.EqualValues(t, 1, h.Stats().Upgrades)
	})
	t.Run("EIO-42 what waited for a poll comes first", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		require.NoError(t, p.Send(text("1"), NewBinaryFrame([]byte{9})))
		c := h.dialWebSocket(p.ID())
		c.send("2probe")
		require.Equal(t, "3probe", c.text())
		require.NoError(t, p.Send(text("2")))
		c.send("5")
		require.Equal(t, "41", c.text())
		f, err := c.next()
		require.NoError(t, err)
		require.Equal(t, frame{0x82, []byte{9}}, f)
		require.Equal(t, "42", c.text())
	})
	t.Run("EIO-45 the session's polls and POSTs are refused afterwards", func(t *testing.T) {
		h := newHost(t, Config{})
		p, c := h.openUpgraded()
		for _, r := range []reply{h.get(p.ID()), h.post(p.ID(), "4x")} {
			require.Equal(t, 400, r.status)
			require.JSONEq(t, `{"code":3,"message":"Bad request"}`, r.body)
		}
		c.send("4still here")
		require.Equal(t, "still here", p.message(t))
	})
}

func TestUpgradeAgainstPoll(t *testing.T) {
	begin := func(h *host) (*peer, *wsClient) {
		p := h.openPolling()
		c := h.dialWebSocket(p.ID())
		c.send("2probe")
		require.Equal(h.t, "3probe", c.text())
		return p, c
	}
	t.Run("EIO-41 a poll between 3probe and 5 is held", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p, _ := begin(h)
			at := time.Now()
			require.Equal(t, "6", h.get(p.ID()).body)
			require.Equal(t, probeHold, time.Since(at))
		})
	})
	t.Run("EIO-41 messages don't make the hold longer", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p, _ := begin(h)
			at, poll := time.Now(), h.poll(p.ID())
			for range 5 {
				time.Sleep(30 * time.Millisecond)
				p.Send(text("x"))
			}
			require.Equal(t, "4x\x1e4x\x1e4x", (<-poll).body)
			require.Equal(t, 150*time.Millisecond, time.Since(at))
		})
	})
	t.Run("EIO-41 it is 400 if 5 comes meanwhile", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p, c := begin(h)
			at, poll := time.Now(), h.poll(p.ID())
			time.Sleep(50 * time.Millisecond)
			c.send("5")
			r := <-poll
			require.Equal(t, 400, r.status)
			require.Equal(t, 50*time.Millisecond, time.Since(at))
			c.send("4on")
			require.Equal(t, "on", p.message(t))
		})
	})
	t.Run("EIO-41 it goes on if the upgrade fails meanwhile", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p, c := begin(h)
			poll := h.poll(p.ID())
			synctest.Wait()
			c.conn.Close()
			time.Sleep(probeHold * 2)
			p.Send(text("x"))
			require.Equal(t, "4x", (<-poll).body)
		})
	})
	t.Run("EIO-41 a poll that overtakes 2probe and 5", func(t *testing.T) {
		h := newHost(t, Config{})
		for range 200 {
			p := h.openPolling()
			c := h.dialWebSocket(p.ID())
			poll := h.poll(p.ID())
			c.send("2probe")
			c.send("5")
			require.Equal(t, 400, (<-poll).status)
			c.send("4on")
			require.Equal(t, "on", p.message(t))
			c.conn.Close()
		}
	})
	t.Run("EIO-42 nothing is lost or doubled, in any order", func(t *testing.T) {
		h := newHost(t, Config{})
		for range 100 {
			p := h.openPolling()
			poll := h.poll(p.ID())
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for i := range 20 {
					p.Send(text(fmt.Sprint(i)))
				}
			}()
			c := h.dialWebSocket(p.ID())
			c.send("2probe")
			require.Equal(t, "3probe", c.text())
			got := messagesOf((<-poll).body)
			c.send("5")
			for len(got) < 20 {
				got = append(got, messagesOf(c.text())...)
			}
			for i, m := range got {
				require.Equal(t, fmt.Sprint(4, i), m[:1]+" "+m[1:])
			}
			<-sent
			c.conn.Close()
		}
	})
}

// messagesOf splits a payload and leaves noops out.
func messagesOf(payload string) (messages []string) {
	for len(payload) > 0 {
		n := 0
		for n < len(payload) && payload[n] != 0x1e {
			n++
		}
		if payload[:n] != "6" {
			messages = append(messages, payload[:n])
		}
		payload = payload[min(n+1, len(payload)):]
	}
	return messages
}

func TestFailedUpgrade(t *testing.T) {
	goesOn := func(t *testing.T, h *host, p *peer) {
		t.Helper()
		require.NoError(t, p.Send(text("still polling")))
		require.Equal(t, "4still polling", h.get(p.ID()).body)
		require.Equal(t, "ok", h.post(p.ID(), "4yes").body)
		require.Equal(t, "yes", p.message(t))
	}
	for name, try := range map[string]func(*wsClient){
		"closed at once":         func(c *wsClient) { c.conn.Close() },
		"close frame":            func(c *wsClient) { c.sendClose(1000) },
		"closed after the probe": func(c *wsClient) { c.send("2probe"); c.text(); c.conn.Close() },
		"5 without a probe":      func(c *wsClient) { c.send("5") },
		"another ping":           func(c *wsClient) { c.send("2other") },
		"a message":              func(c *wsClient) { c.send("4x") },
		"no packet":              func(c *wsClient) { c.send("x") },
		"binary":                 func(c *wsClient) { c.sendBinary([]byte("2probe")) },
		"unmasked":               func(c *wsClient) { c.write([]byte("\x81\x062probe")) },
	} {
		t.Run("EIO-43 "+name, func(t *testing.T) {
			h := newHost(t, Config{})
			p := h.openPolling()
			c := h.dialWebSocket(p.ID())
			try(c)
			p.await(t, func() bool { return p.probe == nil })
			goesOn(t, h, p)
			c.ended()

			again := h.dialWebSocket(p.ID())
			again.send("2probe")
			require.Equal(t, "3probe", again.text())
			again.send("5")
			again.send("4upgraded after all")
			require.Equal(t, "upgraded after all", p.message(t))
		})
	}
	t.Run("EIO-46 an upgrade that takes too long", func(t *testing.T) {
		inBubble(t, Config{UpgradeTimeout: 3 * time.Second}, func(t *testing.T, h *host) {
			p := h.openPolling()
			at, c := time.Now(), h.dialWebSocket(p.ID())
			c.send("2probe")
			require.Equal(t, "3probe", c.text())
			require.Equal(t, 1000, c.closeCode())
			require.Equal(t, 3*time.Second, time.Since(at))
			goesOn(t, h, p)
		})
	})
	t.Run("EIO-40 pings of the WebSocket itself are no part of it", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		c := h.dialWebSocket(p.ID())
		c.write(maskedFrame(0x89, []byte("hi")))
		f, err := c.next()
		require.NoError(t, err)
		require.Equal(t, frame{0x8A, []byte("hi")}, f)
		c.write(maskedFrame(0x8A, nil))
		c.send("2probe")
		require.Equal(t, "3probe", c.text())
	})
}

func TestSecondWebSocket(t *testing.T) {
	refused := func(t *testing.T, c *wsClient) {
		t.Helper()
		require.Equal(t, 1000, c.closeCode())
		c.ended()
	}
	t.Run("EIO-44 after the upgrade", func(t *testing.T) {
		h := newHost(t, Config{})
		p, c := h.openUpgraded()
		refused(t, h.dialWebSocket(p.ID()))
		c.send("4hello")
		require.Equal(t, "hello", p.message(t))
	})
	t.Run("EIO-44 for a session opened on WebSocket", func(t *testing.T) {
		h := newHost(t, Config{})
		p, c := h.openWebSocket()
		refused(t, h.dialWebSocket(p.ID()))
		c.send("4hello")
		require.Equal(t, "hello", p.message(t))
	})
	t.Run("EIO-44 as a race", func(t *testing.T) {
		h := newHost(t, Config{})
		for range 100 {
			p := h.openPolling()
			c := h.dialWebSocket(p.ID())
			done := make(chan *wsClient)
			go func() { done <- h.dialWebSocket(p.ID()) }()
			c.send("2probe")
			c.send("5")
			refused(t, <-done)
			c.send("4hello")
			require.Equal(t, "hello", p.message(t))
			c.conn.Close()
		}
	})
	t.Run("EIO-44 two at once: one is taken", func(t *testing.T) {
		h := newHost(t, Config{})
		for range 100 {
			p := h.openPolling()
			answers := make(chan string, 2)
			for range 2 {
				go func() {
					c := h.dialWebSocket(p.ID())
					c.conn.Write(maskedFrame(0x81, []byte("2probe")))
					if f, err := c.next(); err != nil || f.first != 0x81 {
						answers <- "refused"
						return
					}
					answers <- "taken"
				}()
			}
			require.ElementsMatch(t, []string{"refused", "taken"}, []string{<-answers, <-answers})
		}
	})
}
