package door_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/door"
)

func TestRefusals(t *testing.T) {
	const looksLike = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	taken := make(chan net.Conn, 1)
	server := httptest.NewUnstartedServer(door.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hijack" {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				taken <- c
			}
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, looksLike) // an error shows at the client
	})))
	server.Listener = door.Listener(server.Listener)
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
