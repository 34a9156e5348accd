package door

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
)

// Listener and Watch together have what net/http itself refuses (what is no request, such as a path with a broken
// escape) answered like everything else: net/http says it in plain text, without the door's headers, and asks no handler.
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &conn{TCPConn: tcp}, nil
	}
	return c, err
}

// Watch tells the connections of a Listener which requests of theirs reach a handler.
func Watch(s *http.Server) {
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) }
	s.ConnState = func(c net.Conn, state http.ConnState) {
		if c, ok := c.(*conn); ok && (state == http.StateNew || state == http.StateIdle) {
			c.unread.Store(true)
		}
	}
}

type connKey struct{}

// conn is a TCP connection, in all that it can do.
type conn struct {
	*net.TCPConn
	// unread is set between two requests, and until a handler has the next. What is written then is net/http's. Whatever a
	// handler writes may begin like a refusal: a customer's file, say.
	unread atomic.Bool
}

// handled notes that a handler has the request.
func handled(r *http.Request) {
	if c, ok := r.Context().Value(connKey{}).(*conn); ok {
		c.unread.Store(false)
	}
}

// Write implements io.Writer. net/http writes a refusal at once, past everything that handlers' answers go through.
func (c *conn) Write(p []byte) (int, error) {
	if !c.unread.Load() {
		return c.TCPConn.Write(p)
	}
	if answer := refusal(p); answer != nil {
		if _, err := c.TCPConn.Write(answer); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	return c.TCPConn.Write(p)
}

var (
	protocol = []byte("HTTP/1.1 ")
	// bare are the headers of net/http's refusals. An answer of a handler's has the door's besides.
	bare = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
)

// refusal is the answer in place of a refusal of net/http's; nil for everything else.
func refusal(p []byte) []byte {
	if !bytes.HasPrefix(p, protocol) {
		return nil
	}
	line, detail, found := bytes.Cut(p[len(protocol):], bare)
	if !found || len(line) < 3 || bytes.ContainsRune(line, '\r') {
		return nil
	}
	status, err := strconv.Atoi(string(line[:3]))
	if err != nil {
		return nil
	}
	body, err := json.Marshal(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status,
		"code": "invalid", "detail": "This is no request that can be read: " + string(detail)})
	if err != nil {
		return nil
	}
	h := http.Header{"Connection": {"close"}, "Content-Type": {"application/problem+json"}, "Content-Length": {strconv.Itoa(len(body))}}
	safest(h)
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	_ = h.Write(&out) // a buffer takes everything
	out.WriteString("\r\n")
	out.Write(body)
	return out.Bytes()
}
