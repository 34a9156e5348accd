package ops_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/ops"
)

const (
	bound    = 300 * time.Millisecond
	patience = 10 * time.Second
)

// served is a server of handler within bounds, and a raw connection to it.
func served(t *testing.T, b ops.Bounds, handler http.HandlerFunc) net.Conn {
	t.Helper()
	s := httptest.NewServer(ops.Bounded(handler, b))
	t.Cleanup(s.Close)
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return c
}

func send(t *testing.T, c net.Conn, format string, args ...any) {
	t.Helper()
	_, err := fmt.Fprintf(c, format, args...)
	require.NoError(t, err)
}

// trickle sends a byte now and then until the connection is closed, and tells all that came back.
func trickle(t *testing.T, c net.Conn) string {
	t.Helper()
	closed := make(chan string)
	go func() {
		all, _ := io.ReadAll(c) // a reset is a close, too
		closed <- string(all)
	}()
	tick := time.NewTicker(bound / 10)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_, _ = c.Write([]byte("x")) // the peer may have gone
		case answer := <-closed:
			return answer
		}
	}
}

func TestBounded(t *testing.T) {
	t.Run("OPS-31 a body that never ends is cut off, read or not", func(t *testing.T) {
		for name, handler := range map[string]http.HandlerFunc{
			"read": func(w http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				if errors.Is(err, os.ErrDeadlineExceeded) {
					w.WriteHeader(http.StatusRequestTimeout)
				}
			},
			"not read": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		} {
			for _, length := range []string{"Content-Length: 100000", "Transfer-Encoding: chunked"} {
				c := served(t, ops.Bounds{Body: bound}, handler)
				send(t, c, "POST / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", length)
				if strings.HasPrefix(length, "T") {
					send(t, c, "FFFFF\r\n")
				}
				began := time.Now()
				answer := trickle(t, c)
				require.InDelta(t, bound, time.Since(began), float64(5*time.Second), name)
				require.GreaterOrEqual(t, time.Since(began), bound/2, name)
				if name == "read" {
					require.Contains(t, answer, "408 Request Timeout")
				}
			}
		}
	})
	t.Run("OPS-31 a slow body that ends in time is taken, and the work after it has all the time", func(t *testing.T) {
		c := served(t, ops.Bounds{Body: bound}, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			select {
			case <-time.After(2 * bound):
				_, _ = w.Write(body)
			case <-r.Context().Done(): // what a deadline that stands does to a handler
			}
		})
		for range 2 { // on a connection that is kept
			send(t, c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
			for _, b := range []byte("hello") {
				<-time.After(bound / 20)
				send(t, c, "%c", b)
			}
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			require.NoError(t, err)
			body, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			require.Equal(t, "hello", string(body))
		}
	})
	t.Run("OPS-31 who takes no answer is cut off; a poll and a socket on the same connection are not", func(t *testing.T) {
		failed := make(chan error, 1)
		mux := http.NewServeMux()
		mux.Handle("/large", ops.Bounded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			var err error
			for chunk := make([]byte, 1<<20); err == nil; {
				_, err = w.Write(chunk)
			}
			failed <- err
		}), ops.Bounds{Answer: bound}))
		mux.Handle("/small", ops.Bounded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}), ops.Bounds{Answer: bound, Body: bound}))
		mux.Handle("/poll", ops.Bounded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			<-time.After(3 * bound)
			_, _ = w.Write([]byte("polled"))
		}), ops.Bounds{Body: bound}))
		mux.Handle("/socket", ops.Bounded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			c, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer c.Close()
			<-time.After(3 * bound)
			line, _ := rw.ReadString('\n')
			_, _ = c.Write([]byte("heard " + line))
		}), ops.Bounds{Body: bound}))

		c := served(t, ops.Bounds{}, mux.ServeHTTP)
		send(t, c, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
		select {
		case err := <-failed:
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		case <-time.After(patience):
			require.Fail(t, "it goes on for good")
		}

		c = served(t, ops.Bounds{}, mux.ServeHTTP)
		in := bufio.NewReader(c)
		for _, path := range []string{"/small", "/poll", "/small"} {
			send(t, c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", path)
			res, err := http.ReadResponse(in, nil)
			require.NoError(t, err, path)
			_, err = io.ReadAll(res.Body)
			require.NoError(t, err, path)
		}
		send(t, c, "GET /socket HTTP/1.1\r\nHost: x\r\n\r\nhello\n")
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "heard hello\n", line)
	})
}

// failing is a listener that has no descriptors left.
type failing struct{ net.Listener }

func (failing) Accept() (net.Conn, error) { return nil, io.ErrUnexpectedEOF }

func TestListener(t *testing.T) {
	t.Run("OPS-29 connections that can't be accepted are counted", func(t *testing.T) {
		m := ops.NewMetrics("1")
		_, err := m.Listener(failing{}).Accept()
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		w := httptest.NewRecorder()
		m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		require.Contains(t, w.Body.String(), "portal_accept_failures_total 1")
	})
}
