package door_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/door"
)

func TestRefusals(t *testing.T) {
	const looksLike = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	const begins = "a file that "
	taken := make(chan net.Conn, 1)
	server := httptest.NewUnstartedServer(door.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hijack" {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				taken <- c
			}
			return
		}
		if r.URL.Path == "/pieces" { // each goes to the connection by itself
			w.Header().Set("Content-Length", strconv.Itoa(len(begins)+len(looksLike)))
			for _, piece := range []string{begins, looksLike} {
				_, _ = io.WriteString(w, piece)
				_ = http.NewResponseController(w).Flush()
			}
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, looksLike) // an error shows at the client
	})))
	server.Listener = door.Listener(server.Listener)
	door.Watch(server.Config)
	server.Start()
	defer server.Close()

	t.Run("OPS-34 what a handler answers stays as it is", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		res, err := server.Client().Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, looksLike, string(body))
		require.Equal(t, "text/plain; charset=utf-8", res.Header.Get("Content-Type"))
	})
	t.Run("OPS-34 nor does a piece of a file pass for a refusal", func(t *testing.T) {
		client, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		defer client.Close()
		answers := bufio.NewReader(client)
		for range 2 {
			_, err = io.WriteString(client, "GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n")
			require.NoError(t, err)
			res, err := http.ReadResponse(answers, nil)
			require.NoError(t, err)
			body, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, begins+looksLike, string(body))
		}
		_, err = io.WriteString(client, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n")
		require.NoError(t, err)
		res, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		defer res.Body.Close()
		require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
	})
	t.Run("OPS-34 a connection that is taken over can all that a TCP connection can", func(t *testing.T) {
		client, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		defer client.Close()
		_, err = io.WriteString(client, "GET /hijack HTTP/1.1\r\nHost: a\r\n\r\n")
		require.NoError(t, err)
		c := <-taken
		defer c.Close()
		require.Implements(t, (*syscall.Conn)(nil), c)
		require.Implements(t, (*io.ReaderFrom)(nil), c)
		require.Implements(t, (*interface{ CloseWrite() error })(nil), c)
		buffers := net.Buffers{[]byte("a"), []byte("b")}
		_, err = buffers.WriteTo(c)
		require.NoError(t, err)
		require.NoError(t, c.Close())
		all, err := io.ReadAll(client)
		require.NoError(t, err)
		require.Equal(t, "ab", string(all))
	})
}
