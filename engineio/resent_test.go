package engineio

import (
	"bufio"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// marked is a client that marks its requests, as official ones do.
type marked struct {
	*host
	p *peer
}

func (h *host) openMarked(handshake string) marked {
	h.t.Helper()
	require.Equal(h.t, 200, h.do("GET", "EIO=4&transport=polling&t="+handshake, "").status)
	return marked{h, <-h.peers}
}

func (m marked) query(mark string) string {
	return "EIO=4&transport=polling&sid=" + m.p.ID() + "&t=" + mark
}

// lose sends a request whose answer breaks off before the client has seen any of
// it: the server has written it, and can't know.
func (m marked) lose(method, mark, body string) {
	m.t.Helper()
	conn, err := m.dial()
	require.NoError(m.t, err)
	_, err = fmt.Fprintf(conn, "%s /engine.io/?%s HTTP/1.1\r\nHost: engine.test\r\nContent-Length: %d\r\n\r\n%s", method, m.query(mark), len(body), body)
	require.NoError(m.t, err)
	r, err := http.ReadResponse(bufio.NewReader(conn), nil) // the answer has come as far as the last hop
	require.NoError(m.t, err)
	require.Equal(m.t, 200, r.StatusCode)
	require.NoError(m.t, conn.Close())
}

func TestRequestsThatAreSentAgain(t *testing.T) {
	t.Run("EIO-91 a poll again whose answer was lost ends the session", func(t *testing.T) {
		h := newHost(t, Config{})
		m := h.openMarked("a")
		require.NoError(t, m.p.Send(text("lost")))
		m.lose("GET", "b", "")
		require.NoError(t, m.p.Send(text("what follows would hide the gap")))
		require.Equal(t, 400, h.do("GET", m.query("b"), "").status)
		require.Equal(t, ReasonTransportError, m.p.end(t).Code)
		require.Equal(t, 400, h.do("GET", m.query("c"), "").status)
	})
	t.Run("EIO-91 a POST again delivers nothing twice", func(t *testing.T) {
		h := newHost(t, Config{})
		m := h.openMarked("a")
		m.lose("POST", "b", "4once")
		require.Equal(t, "ok", h.do("POST", m.query("b"), "4once").body)
		require.Equal(t, "ok", h.do("POST", m.query("c"), "4other").body)
		require.Equal(t, "once", m.p.message(t))
		require.Equal(t, "other", m.p.message(t))
		require.Empty(t, m.p.messages)
	})
	for name, marks := range map[string][2]string{"always the same": {"a", "a"}, "none at first": {"", "a"}, "none": {"", ""}} {
		t.Run("EIO-91 marks that tell nothing: "+name, func(t *testing.T) {
			h := newHost(t, Config{})
			m := h.openMarked(marks[0])
			for _, want := range []string{"1", "2", "3"} {
				require.NoError(t, m.p.Send(text(want)))
				require.Equal(t, "4"+want, h.do("GET", m.query(marks[1]), "").body)
				require.Equal(t, "ok", h.do("POST", m.query(marks[1]), "4"+want).body)
				require.Equal(t, want, m.p.message(t))
			}
		})
	}
	t.Run("EIO-91 a noop says nothing that could be lost", func(t *testing.T) {
		h := newHost(t, Config{})
		m := h.openMarked("a")
		answer := make(chan reply, 1)
		go func() { answer <- h.do("GET", m.query("b"), "") }()
		m.p.await(t, func() bool { return m.p.poll != nil })
		ws := h.dialWebSocket(m.p.ID())
		ws.send("2probe")
		require.Equal(t, "3probe", ws.text())
		require.Equal(t, "6", (<-answer).body)
		require.NoError(t, m.p.Send(text("x")))
		require.Equal(t, "4x", h.do("GET", m.query("b"), "").body)
	})
}
