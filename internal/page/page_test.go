package page_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/page"
)

var script = strings.Repeat("console.log('a long script');\n", 200)

func build() fstest.MapFS {
	return fstest.MapFS{
		"index.html":           {Data: []byte("<!doctype html><title>Agent Portal</title>")},
		"assets/app-1a2b3c.js": {Data: []byte(script)},
		"assets/logo-9f.png":   {Data: make([]byte, 5000)},
		"favicon.svg":          {Data: []byte("<svg/>")},
		".gitkeep":             {},
	}
}

func ask(t *testing.T, method, target string, header http.Header) *http.Response {
	t.Helper()
	h, err := page.New(build())
	require.NoError(t, err)
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = target
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(b)
}

func TestFiles(t *testing.T) {
	for _, row := range []struct {
		path, contains, kind, cache string
		status                      int
	}{
		{"/", "Agent Portal", "text/html; charset=utf-8", "no-cache", 200},
		{"/index.html", "Agent Portal", "text/html; charset=utf-8", "no-cache", 200},
		{"/login", "Agent Portal", "text/html; charset=utf-8", "no-cache", 200},
		{"/conversations/01JXYZ", "Agent Portal", "text/html; charset=utf-8", "no-cache", 200},
		{"/assets/app-1a2b3c.js", "a long script", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", 200},
		{"/favicon.svg", "<svg/>", "image/svg+xml", "no-cache", 200},
		{"/assets/app-old.js", "nothing here", "text/plain; charset=utf-8", "", 404},
		{"/assets/gone", "nothing here", "text/plain; charset=utf-8", "", 404},
		{"/robots.txt", "nothing here", "text/plain; charset=utf-8", "", 404},
		{"/.gitkeep", "nothing here", "text/plain; charset=utf-8", "", 404},
		{"/../../etc/passwd", "Agent Portal", "text/html; charset=utf-8", "no-cache", 200},
		{"/assets/../../secret.txt", "nothing here", "text/plain; charset=utf-8", "", 404},
	} {
		t.Run("OPS-20 OPS-21 "+row.path, func(t *testing.T) {
			r := ask(t, http.MethodGet, row.path, nil)
			require.Equal(t, row.status, r.StatusCode)
			require.Equal(t, row.kind, r.Header.Get("Content-Type"))
			require.Equal(t, row.cache, r.Header.Get("Cache-Control"))
			require.Contains(t, text(t, r), row.contains)
		})
	}
}

func TestTransfer(t *testing.T) {
	t.Run("OPS-22 gzip for those who take it", func(t *testing.T) {
		r := ask(t, http.MethodGet, "/assets/app-1a2b3c.js", http.Header{"Accept-Encoding": {"br, gzip;q=0.8"}})
		require.Equal(t, "gzip", r.Header.Get("Content-Encoding"))
		require.Equal(t, "Accept-Encoding", r.Header.Get("Vary"))
		unpacked, err := gzip.NewReader(r.Body)
		require.NoError(t, err)
		b, err := io.ReadAll(unpacked)
		require.NoError(t, err)
		require.Equal(t, script, string(b))
	})
	t.Run("OPS-22 as it is for those who don't", func(t *testing.T) {
		for _, accept := range []string{"", "br", "gzip;q=0", "gzip; q=0.0"} {
			r := ask(t, http.MethodGet, "/assets/app-1a2b3c.js", http.Header{"Accept-Encoding": {accept}})
			require.Empty(t, r.Header.Get("Content-Encoding"), accept)
			require.Equal(t, script, text(t, r))
		}
	})
	t.Run("OPS-22 not what is compressed already", func(t *testing.T) {
		r := ask(t, http.MethodGet, "/assets/logo-9f.png", http.Header{"Accept-Encoding": {"gzip"}})
		require.Empty(t, r.Header.Get("Content-Encoding"))
	})
	t.Run("OPS-21 an unchanged file isn't sent again", func(t *testing.T) {
		etag := ask(t, http.MethodGet, "/", nil).Header.Get("ETag")
		require.NotEmpty(t, etag)
		r := ask(t, http.MethodGet, "/login", http.Header{"If-None-Match": {`"other", W/` + etag}})
		require.Equal(t, http.StatusNotModified, r.StatusCode)
		require.Empty(t, text(t, r))
	})
	t.Run("OPS-20 HEAD has no body, other methods are refused", func(t *testing.T) {
		r := ask(t, http.MethodHead, "/", nil)
		require.Equal(t, 200, r.StatusCode)
		require.Empty(t, text(t, r))
		r = ask(t, http.MethodPost, "/", nil)
		require.Equal(t, http.StatusMethodNotAllowed, r.StatusCode)
		require.Equal(t, "GET, HEAD", r.Header.Get("Allow"))
	})
}

func TestSafety(t *testing.T) {
	t.Run("OPS-23 no inline scripts, no frames", func(t *testing.T) {
		for _, target := range []string{"/", "/assets/app-1a2b3c.js", "/none.txt"} {
			h := ask(t, http.MethodGet, target, nil).Header
			csp := h.Get("Content-Security-Policy")
			require.Contains(t, csp, "script-src 'self';")
			require.Contains(t, csp, "frame-ancestors 'none'")
			require.NotContains(t, csp, "unsafe-eval")
			require.Equal(t, "DENY", h.Get("X-Frame-Options"))
			require.Equal(t, "same-origin", h.Get("Referrer-Policy"))
		}
	})
	t.Run("OPS-25 without a build every route says how to get it", func(t *testing.T) {
		handler, err := page.New(fstest.MapFS{".gitkeep": {}})
		require.NoError(t, err)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/conversations", nil))
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Contains(t, w.Body.String(), "make build")
	})
}
