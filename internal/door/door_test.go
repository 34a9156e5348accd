package door_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentportal/portal/internal/door"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is a listener whose connections are pipes, so that a test's clock can be the bubble's.
type wire struct {
	accept chan net.Conn
	closed chan struct{}
}

func (l *wire) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accept:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *wire) Close() error   { close(l.closed); return nil }
func (l *wire) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// serve starts a server behind the door and returns how to connect to it.
func serve(t *testing.T, h http.HandlerFunc) (dial func() net.Conn) {
	t.Helper()
	l := &wire{accept: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: door.New(h), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return func() net.Conn {
		client, theirs := net.Pipe()
		l.accept <- theirs
		t.Cleanup(func() { require.NoError(t, client.Close()) })
		return client
	}
}

// ignores answers without a look at the body.
func ignores(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }

func TestUnreadBodies(t *testing.T) {
	t.Run("OPS-32 who waits to be asked for the body is answered at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			conn := serve(t, ignores)()
			began := time.Now()
			_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n")
			require.NoError(t, err)
			in := bufio.NewReader(conn)
			res, err := http.ReadResponse(in, nil)
			require.NoError(t, err)
			_, err = io.ReadAll(res.Body)
			require.NoError(t, errors.Join(err, res.Body.Close()))
			require.Equal(t, http.StatusUnauthorized, res.StatusCode)
			require.Zero(t, time.Since(began))
			_, err = in.ReadByte()
			require.ErrorIs(t, err, io.EOF, "and nothing but the body could follow")
			require.LessOrEqual(t, time.Since(began), 6*time.Second)
		})
	})
	t.Run("OPS-32 who was asked for it, and then refused, has sent it", func(t *testing.T) {
		asks := httptest.NewServer(door.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadFull(r.Body, make([]byte, 10))
			if err == nil {
				w.WriteHeader(http.StatusUnauthorized)
			}
		})))
		defer asks.Close()
		client := asks.Client()
		client.Transport.(*http.Transport).ExpectContinueTimeout = time.Minute
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, asks.URL, strings.NewReader(strings.Repeat("a", 6<<20)))
		require.NoError(t, err)
		r.Header.Set("Expect", "100-continue")
		res, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	})
	for _, length := range []string{"Content-Length: 1000", "Transfer-Encoding: chunked"} {
		t.Run("OPS-32 what doesn't come isn't waited for: "+length, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn := serve(t, ignores)()
				began := time.Now()
				_, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", length)
				require.NoError(t, err)
				answer, err := io.ReadAll(conn)
				require.NoError(t, err)
				require.Regexp(t, "^HTTP/1.1 401", string(answer))
				require.LessOrEqual(t, time.Since(began), 6*time.Second)
			})
		})
	}
	server := httptest.NewServer(door.New(http.HandlerFunc(ignores)))
	defer server.Close()
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		for _, announced := range []bool{true, false} {
			t.Run(fmt.Sprintf("OPS-32 the answer arrives though 6 MiB weren't read: %s, announced %v", method, announced), func(t *testing.T) {
				body := strings.Repeat("a", 6<<20)
				r, err := http.NewRequestWithContext(t.Context(), method, server.URL, struct{ io.Reader }{strings.NewReader(body)})
				require.NoError(t, err)
				if announced {
					r.ContentLength = int64(len(body))
				}
				res, err := server.Client().Do(r)
				require.NoError(t, err)
				require.NoError(t, res.Body.Close())
				require.Equal(t, http.StatusUnauthorized, res.StatusCode)
			})
		}
	}
	t.Run("OPS-32 a connection that was taken over is left alone", func(t *testing.T) {
		got := make(chan string, 1)
		taker := httptest.NewServer(door.New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				got <- err.Error()
				return
			}
			go func() {
				said, err := rw.ReadString('\n')
				got <- fmt.Sprint(said, errors.Join(err, conn.Close()))
			}()
		})))
		defer taker.Close()
		conn, err := (&net.Dialer{}).DialContext(context.WithoutCancel(t.Context()), "tcp", taker.Listener.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nhello\n")
		require.NoError(t, err)
		require.Equal(t, "hello\n<nil>", <-got)
		require.NoError(t, conn.Close())
	})
}

func TestHeaders(t *testing.T) {
	ask := func(change func(*http.Request)) http.Header {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		change(r)
		w := httptest.NewRecorder()
		door.New(http.HandlerFunc(ignores)).ServeHTTP(w, r)
		return w.Header()
	}
	t.Run("OPS-33 whatever answers: nothing is sniffed, framed, or loads anything", func(t *testing.T) {
		h := ask(func(*http.Request) {})
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		require.Equal(t, "default-src 'none'; frame-ancestors 'none'", h.Get("Content-Security-Policy"))
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
		require.Empty(t, h.Get("Strict-Transport-Security"))
	})
	for name, change := range map[string]func(*http.Request){
		"of our own":           func(r *http.Request) { r.TLS = &tls.ConnectionState{} },
		"of a proxy":           func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") },
		"of the first of two":  func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "HTTPS , http") },
		"of several, the last": func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https,https") },
	} {
		t.Run("OPS-24 HSTS behind TLS "+name, func(t *testing.T) {
			require.Contains(t, ask(change).Get("Strict-Transport-Security"), "max-age=")
		})
	}
	t.Run("OPS-24 no HSTS without TLS", func(t *testing.T) {
		require.Empty(t, ask(func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "http, https") }).Get("Strict-Transport-Security"))
	})
}
