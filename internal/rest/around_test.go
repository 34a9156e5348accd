package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/rest"
)

func TestUnrouted(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/api", "/api/", "/api/nothing", "/api/conversations/x/y/z", "/api/auth", "/api/Conversations",
		"/api//conversations", "/api/./conversations", "/api/me/../conversations", "/api/conversations/", "/api/conversations//x"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodOptions, "BREW"} {
			t.Run(fmt.Sprintf("REST-33 %s %s", method, path), func(t *testing.T) {
				isProblem(t, w.do(request{method: method, path: path, token: w.token("ann@acme")}), 404)
			})
		}
	}
	for _, row := range []struct{ method, path, allow string }{
		{http.MethodGet, "/api/auth/login", "POST"},
		{http.MethodDelete, "/api/conversations", "GET, HEAD"},
		{http.MethodPut, "/api/conversations/x/messages", "GET, HEAD, POST"},
		{http.MethodPost, "/api/openapi.json", "GET, HEAD"},
		{http.MethodOptions, "/api/me", "GET, HEAD"},
	} {
		t.Run(fmt.Sprintf("REST-34 %s %s", row.method, row.path), func(t *testing.T) {
			r := w.do(request{method: row.method, path: row.path})
			isProblem(t, r, 405)
			require.Equal(t, row.allow, r.header.Get("Allow"))
		})
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/api/me", "/api/nothing", "/api/openapi.json", "/api/users"} {
		t.Run("REST-35 no answer is cached, sniffed or framed: "+path, func(t *testing.T) {
			h := w.get(path).header
			require.Equal(t, "no-store", h.Get("Cache-Control"))
			require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			require.Equal(t, "default-src 'none'; frame-ancestors 'none'", h.Get("Content-Security-Policy"))
		})
	}
}

func TestUserLimit(t *testing.T) {
	w := newWorld(t)
	ask := func(who string) reply {
		return w.do(request{method: http.MethodGet, path: "/api/settings", token: w.token(who)})
	}
	t.Run("REST-36 bursts of 1,000, then 200 a second for each user, with a quarter to spare", func(t *testing.T) {
		for range 1250 {
			require.Equal(t, 200, ask("ann@acme").status)
		}
		r := ask("ann@acme")
		isProblem(t, r, 429)
		require.Equal(t, "1", r.header.Get("Retry-After"))
		require.Equal(t, 200, ask("ann@globex").status, "another's calls don't count")
		w.pass(time.Second)
		for range 250 {
			require.Equal(t, 200, ask("ann@acme").status)
		}
		isProblem(t, ask("ann@acme"), 429)
		w.pass(2 * time.Minute)
		require.Equal(t, 200, ask("ann@acme").status)
	})
}

func TestFailuresOfOurs(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, func(c *rest.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c.TestChannel = func(_ context.Context, channel portal.WhatsApp) (string, error) {
			switch channel.VerifyToken {
			case "panic":
				panic("a bug")
			case "fail":
				return "", portal.Errorf(portal.Invalid, "The access token has expired. Enter a new one.")
			}
			return "", fmt.Errorf("secret detail")
		}
	})
	try := func(verifyToken string) reply {
		t.Helper()
		body, err := json.Marshal(map[string]string{"verifyToken": verifyToken})
		require.NoError(t, err)
		require.Equal(t, 200, w.do(request{method: http.MethodPut, path: "/api/settings/whatsapp", body: string(body), token: w.token("ann@acme")}).status)
		return w.post("/api/settings/whatsapp/test", "")
	}
	t.Run("REST-37 a panic is answered 500, logged and survived", func(t *testing.T) {
		p := isProblem(t, try("panic"), 500)
		require.NotContains(t, fmt.Sprint(p), "a bug")
		require.Contains(t, log.String(), "a bug")
	})
	t.Run("REST-38 what is unknown isn't shown", func(t *testing.T) {
		r := try("unknown")
		require.Equal(t, false, r.json(t)["ok"])
		require.NotContains(t, string(r.raw), "secret detail")
	})
	t.Run("REST-39 the channel's test says what is wrong", func(t *testing.T) {
		r := try("fail")
		require.Equal(t, 200, r.status)
		require.Equal(t, map[string]any{"ok": false, "message": "The access token has expired. Enter a new one."}, r.json(t))
	})
	t.Run("REST-38 no secret is logged", func(t *testing.T) {
		w.do(request{method: http.MethodPost, path: "/api/auth/login", body: login("ann@acme.test", "hush-hush")})
		for _, secret := range []string{"hush-hush", "access-token-of", "app-secret-of", w.token("ann@acme")} {
			require.NotContains(t, log.String(), secret)
		}
	})
}

func TestObserve(t *testing.T) {
	t.Run("REST-44 every answer is counted by its route, unknown paths without one", func(t *testing.T) {
		var mu sync.Mutex
		var seen []string
		w := newWorld(t, func(c *rest.Config) {
			c.Observe = func(method, route string, status int, _ time.Duration) {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, fmt.Sprintf("%s|%s|%d", method, route, status))
			}
		})
		w.get("/api/conversations/" + w.conversation["acme"])
		w.get("/api/nothing")
		w.do(request{method: http.MethodPost, path: "/api/auth/refresh"})
		require.Equal(t, []string{"GET|/api/conversations/{id}|200", "GET||404", "POST|/api/auth/refresh|401"}, seen)
	})
}
