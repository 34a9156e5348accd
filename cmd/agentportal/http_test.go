package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/config"
)

// accepting starts a portal's HTTP side, without its other parts, and gives its address.
func accepting(t *testing.T) string {
	t.Helper()
	p, err := newPortal(t.Context(), config.Portal{
		Addr:         "127.0.0.1:0",
		Database:     config.Database{SQLitePath: filepath.Join(t.TempDir(), "portal.db")},
		InboundQueue: "in", StatusQueue: "status",
		AccessTTL: time.Hour, RefreshTTL: time.Hour, LogRetention: time.Hour,
	})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- p.accept() }()
	t.Cleanup(func() {
		require.NoError(t, p.http.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
		p.close()
	})
	return p.listener.Addr().String()
}

// raw sends bytes as they are and reads the answer.
func raw(t *testing.T, addr, request string) (*http.Response, []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, body
}

// isProblem checks that an answer is a problem document.
func isProblem(t *testing.T, res *http.Response, body []byte, status int) {
	t.Helper()
	require.Equal(t, status, res.StatusCode, string(body))
	require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
	var p map[string]any
	require.NoError(t, json.Unmarshal(body, &p), string(body))
	require.Equal(t, "about:blank", p["type"])
	require.Equal(t, http.StatusText(status), p["title"])
	require.EqualValues(t, status, p["status"])
	require.NotEmpty(t, p["code"])
	require.NotEmpty(t, p["detail"])
}

func TestOnTheWire(t *testing.T) {
	addr := accepting(t)
	for _, path := range []string{"//api/me", "///api/me", "//api", "/./api/me", "/x/../api/me", "//x/..//api/me", "/api//me", "/api/../api/me", "/api/../login"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run("REST-33 "+method+" "+path+" leads nowhere", func(t *testing.T) {
				res, body := raw(t, addr, method+" "+path+" HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
				isProblem(t, res, body, http.StatusNotFound)
			})
		}
	}
	for name, row := range map[string]struct {
		request string
		status  int
	}{
		"a broken escape":            {"GET /api/%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"no host":                    {"GET /api/me HTTP/1.1\r\n\r\n", 400},
		"two hosts":                  {"GET /api/me HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
		"a header with a blank":      {"GET /api/me HTTP/1.1\r\nHost: a\r\nX y: z\r\n\r\n", 400},
		"no HTTP":                    {"hello\r\n\r\n", 400},
		"an odd version":             {"GET /api/me HTTP/3.7\r\nHost: a\r\n\r\n", 505},
		"an unknown coding":          {"POST /api/auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: brotli\r\n\r\n", 501},
		"two lengths":                {"POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
		"headers that are too large": {"GET /api/me HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 80<<10) + "\r\n\r\n", 431},
	} {
		t.Run("OPS-34 "+name, func(t *testing.T) {
			res, body := raw(t, addr, row.request)
			isProblem(t, res, body, row.status)
			require.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"), "OPS-33")
			require.Equal(t, "default-src 'none'; frame-ancestors 'none'", res.Header.Get("Content-Security-Policy"), "OPS-33")
			require.True(t, res.Close)
			require.Equal(t, int64(len(body)), res.ContentLength, "it is whole")
		})
	}
}
