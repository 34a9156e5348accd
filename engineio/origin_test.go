package engineio

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOrigin(t *testing.T) {
	const grant = "Access-Control-Allow-Origin"
	t.Run("EIO-6 a foreign origin gets neither grant nor session", func(t *testing.T) {
		h := newHost(t, Config{})
		sid := h.openPolling().ID()
		for _, origin := range []string{"https://evil.test", "null", "https://engine.test.evil.test", "::"} {
			for _, query := range []string{"EIO=4&transport=polling", "EIO=4&transport=polling&sid=" + sid} {
				r := h.do("GET", query, "", "Origin", origin)
				require.Equal(t, 403, r.status)
				require.JSONEq(t, `{"code":4,"message":"Forbidden"}`, r.body)
				require.Empty(t, r.header.Get(grant))
			}
			_, resp := h.tryWebSocket("EIO=4&transport=websocket", "Origin", origin)
			require.Equal(t, 403, resp.StatusCode)
			_, resp = h.tryWebSocket("EIO=4&transport=websocket&sid="+sid, "Origin", origin)
			require.Equal(t, 403, resp.StatusCode)
			require.Equal(t, 403, h.do("OPTIONS", "EIO=4&transport=polling", "", "Origin", origin).status)
		}
		require.Equal(t, 1, h.Len())
	})
	t.Run("EIO-6 the same origin and none are allowed", func(t *testing.T) {
		h := newHost(t, Config{})
		require.Equal(t, 200, h.do("GET", "EIO=4&transport=polling", "", "Origin", "https://Engine.test").status)
		_, resp := h.tryWebSocket("EIO=4&transport=websocket", "Origin", "http://engine.test")
		require.Equal(t, 101, resp.StatusCode)
		h.openWebSocket()
	})
	allow := Config{AllowOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") == "https://app.test" }}
	t.Run("EIO-7 an allowed foreign origin is granted credentials", func(t *testing.T) {
		h := newHost(t, allow)
		for _, query := range []string{"EIO=4&transport=polling", "EIO=4&transport=polling&sid=unknown"} {
			r := h.do("GET", query, "", "Origin", "https://app.test")
			require.Equal(t, "https://app.test", r.header.Get(grant))
			require.Equal(t, "true", r.header.Get("Access-Control-Allow-Credentials"))
			require.Equal(t, "Origin", r.header.Get("Vary"))
		}
		_, resp := h.tryWebSocket("EIO=4&transport=websocket", "Origin", "https://app.test")
		require.Equal(t, 101, resp.StatusCode)
	})
	t.Run("EIO-8 preflight", func(t *testing.T) {
		h := newHost(t, allow)
		r := h.do("OPTIONS", "EIO=4&transport=polling", "", "Origin", "https://app.test",
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,x-token")
		require.Equal(t, 204, r.status)
		require.Empty(t, r.body)
		require.Equal(t, "https://app.test", r.header.Get(grant))
		require.Equal(t, "true", r.header.Get("Access-Control-Allow-Credentials"))
		require.Equal(t, "GET, POST", r.header.Get("Access-Control-Allow-Methods"))
		require.Equal(t, "content-type,x-token", r.header.Get("Access-Control-Allow-Headers"))
		require.Equal(t, []string{"Origin", "Access-Control-Request-Headers"}, r.header.Values("Vary"))
	})
}
