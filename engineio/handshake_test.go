package engineio

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func openKeys(t *testing.T, packet string) map[string]any {
	t.Helper()
	require.True(t, strings.HasPrefix(packet, "0"), packet)
	var open map[string]any
	require.NoError(t, json.Unmarshal([]byte(packet[1:]), &open))
	return open
}

func TestOpen(t *testing.T) {
	cfg := Config{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond}
	want := func(sid string, upgrades ...any) map[string]any {
		if upgrades == nil {
			upgrades = []any{}
		}
		return map[string]any{"sid": sid, "upgrades": upgrades, "pingInterval": 300.0, "pingTimeout": 200.0, "maxPayload": 1e6}
	}
	t.Run("EIO-1 on polling", func(t *testing.T) {
		h := newHost(t, cfg)
		r := h.do("GET", "EIO=4&transport=polling", "")
		require.Equal(t, want((<-h.peers).ID(), "websocket"), openKeys(t, r.body))
		require.Equal(t, "text/plain; charset=UTF-8", r.header.Get("Content-Type"))
	})
	t.Run("EIO-1 on WebSocket", func(t *testing.T) {
		h := newHost(t, cfg)
		c := h.dialWebSocket("")
		require.Equal(t, want((<-h.peers).ID()), openKeys(t, c.text()))
	})
	t.Run("EIO-1 no upgrade where WebSocket is not allowed", func(t *testing.T) {
		only := cfg
		only.Transports = []string{Polling}
		h := newHost(t, only)
		r := h.do("GET", "EIO=4&transport=polling", "")
		require.Equal(t, want((<-h.peers).ID()), openKeys(t, r.body))
	})
}

func TestSessionIDs(t *testing.T) {
	t.Run("EIO-2", func(t *testing.T) {
		seen := map[string]bool{}
		for range 1000 {
			id := newID()
			require.Regexp(t, `^[A-Za-z0-9_-]{20}$`, id)
			require.False(t, seen[id])
			seen[id] = true
		}
	})
}

func TestAccept(t *testing.T) {
	greet := func(p *peer) {
		if err := p.Send(NewTextFrame([]byte("welcome"))); err != nil {
			panic(err)
		}
	}
	t.Run("EIO-3 what Accept sends follows OPEN on WebSocket", func(t *testing.T) {
		h := newHost(t, Config{})
		h.prepare = greet
		_, c := h.openWebSocket()
		require.Equal(t, "4welcome", c.text())
	})
	t.Run("EIO-3 what Accept sends comes with the first poll", func(t *testing.T) {
		h := newHost(t, Config{})
		h.prepare = greet
		p := h.openPolling()
		require.Equal(t, "4welcome", h.get(p.ID()).body)
	})
	t.Run("EIO-62 closed inside Accept", func(t *testing.T) {
		h := newHost(t, Config{})
		h.prepare = func(p *peer) { greet(p); p.Close(CloseReason{Code: "no"}) }
		p, c := h.openWebSocket()
		require.Equal(t, "4welcome", c.text())
		require.Equal(t, 1005, c.closeCode())
		c.conn.Close()
		require.Equal(t, "no", p.end(t).Code)
		p = h.openPolling()
		require.Equal(t, "4welcome\x1e1", h.get(p.ID()).body)
		require.Equal(t, "no", p.end(t).Code)
	})
}

func TestRefusal(t *testing.T) {
	t.Run("EIO-4", func(t *testing.T) {
		calls := 0
		var answer error
		h := newHost(t, Config{AllowRequest: func(*http.Request) error { calls++; return answer }})
		answer = &RefuseError{Status: 503, RetryAfter: 1500 * time.Millisecond, Message: "full"}
		r := h.do("GET", "EIO=4&transport=polling", "")
		require.Equal(t, 503, r.status)
		require.Equal(t, "2", r.header.Get("Retry-After"))
		require.JSONEq(t, `{"code":4,"message":"full"}`, r.body)
		_, resp := h.tryWebSocket("EIO=4&transport=websocket")
		require.Equal(t, 503, resp.StatusCode)

		answer = errors.New("secret")
		r = h.do("GET", "EIO=4&transport=polling", "")
		require.Equal(t, 403, r.status)
		require.JSONEq(t, `{"code":4,"message":"Forbidden"}`, r.body)

		answer = nil
		p := h.openPolling()
		require.Equal(t, 200, h.post(p.ID(), "4x").status)
		require.Equal(t, 4, calls, "asked for handshakes only")
		require.EqualValues(t, 3, h.Stats().Refused)
	})
}

func TestCookie(t *testing.T) {
	t.Run("EIO-5", func(t *testing.T) {
		h := newHost(t, Config{Cookie: &http.Cookie{Name: "io", Path: "/", HttpOnly: true}})
		r := h.do("GET", "EIO=4&transport=polling", "")
		require.Equal(t, "io="+(<-h.peers).ID()+"; Path=/; HttpOnly", r.header.Get("Set-Cookie"))
		_, resp := h.tryWebSocket("EIO=4&transport=websocket")
		require.Equal(t, "io="+(<-h.peers).ID()+"; Path=/; HttpOnly", resp.Header.Get("Set-Cookie"))
	})
}

func TestFailures(t *testing.T) {
	h := newHost(t, Config{})
	sid := h.openPolling().ID()
	ws, c := h.openWebSocket()
	for _, tc := range []struct {
		name, method, query string
		status              int
		body                string
	}{
		{"no transport", "GET", "EIO=4", 400, `{"code":0,"message":"Transport unknown"}`},
		{"unknown transport", "GET", "EIO=4&transport=abc", 400, `{"code":0,"message":"Transport unknown"}`},
		{"unknown session", "GET", "EIO=4&transport=polling&sid=abc", 400, `{"code":1,"message":"Session ID unknown"}`},
		{"handshake by POST", "POST", "EIO=4&transport=polling", 400, `{"code":2,"message":"Bad handshake method"}`},
		{"handshake by PUT", "PUT", "EIO=4&transport=polling", 400, `{"code":2,"message":"Bad handshake method"}`},
		{"WebSocket without upgrade", "GET", "EIO=4&transport=websocket", 400, `{"code":3,"message":"Bad request"}`},
		{"PUT on a session", "PUT", "EIO=4&transport=polling&sid=" + sid, 400, `{"code":3,"message":"Bad request"}`},
		{"poll on a session on WebSocket", "GET", "EIO=4&transport=polling&sid=" + ws.ID(), 400, `{"code":3,"message":"Bad request"}`},
		{"no version", "GET", "transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
		{"version 3", "GET", "EIO=3&transport=polling", 400, `{"code":5,"message":"Unsupported protocol version"}`},
	} {
		t.Run("EIO-10 "+tc.name, func(t *testing.T) {
			r := h.do(tc.method, tc.query, "")
			require.Equal(t, tc.status, r.status)
			require.JSONEq(t, tc.body, r.body)
			require.Equal(t, "application/json", r.header.Get("Content-Type"))
		})
	}
	c.send("4still here")
	require.Equal(t, "still here", ws.message(t))

	t.Run("EIO-11 a transport that is not allowed is unknown", func(t *testing.T) {
		h := newHost(t, Config{Transports: []string{WebSocket}})
		require.JSONEq(t, `{"code":0,"message":"Transport unknown"}`, h.do("GET", "EIO=4&transport=polling", "").body)
		h.openWebSocket()
	})
	t.Run("EIO-12 improper WebSocket handshakes", func(t *testing.T) {
		for _, header := range [][]string{
			{"Sec-WebSocket-Version", "8"}, {"Sec-WebSocket-Key", "short"}, {"Sec-WebSocket-Key", ""},
			{"Upgrade", "h2c"}, {"Connection", "close"},
		} {
			_, r := h.tryWebSocket("EIO=4&transport=websocket", header...)
			require.Equal(t, 400, r.StatusCode, "%v", header)
			_, r = h.tryWebSocket("EIO=4&transport=websocket&sid="+sid, header...)
			require.Equal(t, 400, r.StatusCode, "%v", header)
		}
	})
	t.Run("EIO-12 the accepted key", func(t *testing.T) {
		_, r := h.tryWebSocket("EIO=4&transport=websocket", "Connection", "keep-alive, Upgrade")
		require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", r.Header.Get("Sec-WebSocket-Accept"))
	})
}

func TestHandshakeIsKept(t *testing.T) {
	t.Run("EIO-9", func(t *testing.T) {
		h := newHost(t, Config{})
		h.tryWebSocket("EIO=4&transport=websocket&token=abc", "X-Tenant", "acme")
		hs := (<-h.peers).Request()
		require.Equal(t, "abc", hs.URL.Query().Get("token"))
		require.Equal(t, "acme", hs.Header.Get("X-Tenant"))
		require.Equal(t, "engine.test", hs.Host)
		require.NotEmpty(t, hs.RemoteAddr)
		for _, gone := range []string{"Connection", "Upgrade", "Sec-Websocket-Key", "Sec-Websocket-Version"} {
			require.NotContains(t, hs.Header, gone)
		}
	})
}

func TestFastClient(t *testing.T) {
	t.Run("EIO-14 packets that come with the handshake", func(t *testing.T) {
		h := newHost(t, Config{})
		for range 200 {
			conn, err := h.dial()
			require.NoError(t, err)
			request := "GET /?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
			_, err = conn.Write(append([]byte(request), maskedFrame(0x81, []byte("4first"))...))
			require.NoError(t, err)
			_, err = conn.Write(maskedFrame(0x81, []byte("4second")))
			require.NoError(t, err)
			p := <-h.peers
			require.Equal(t, "first", p.message(t))
			require.Equal(t, "second", p.message(t))
			conn.Close()
		}
	})
}

func TestOpenComesApart(t *testing.T) {
	t.Run("EIO-15", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			h.prepare = func(p *peer) { p.Send(NewTextFrame([]byte("early"))) }
			c := h.dialWebSocket("")
			begin := time.Now()
			require.Zero(t, c.in.Buffered())
			require.NoError(t, (<-h.peers).Send(NewTextFrame([]byte("later"))))
			require.Regexp(t, "^0", c.text())
			require.Equal(t, openGap, time.Since(begin))
			require.Equal(t, "4early", c.text())
			require.Equal(t, "4later", c.text())
		})
	})
}
