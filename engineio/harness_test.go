package engineio

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host is a server under test and the ways to reach it.
type host struct {
	*Server
	t      *testing.T
	dial   func() (net.Conn, error)
	client *http.Client
	peers  chan *peer // sessions, in the order in which they were accepted
	// prepare, when set, is called inside Accept.
	prepare func(*peer)
}

// peer is the application's side of one session.
type peer struct {
	*Conn
	messages chan string // binary ones start with "bin:"
	closed   chan CloseReason
	// onMessage, when set, is called for every message.
	onMessage func(string)

	busy, over atomic.Bool
}

// enter checks what is promised to a Receiver (EIO-56).
func (p *peer) enter() {
	if !p.busy.CompareAndSwap(false, true) {
		panic("the Receiver is called twice at once")
	}
	if p.over.Load() {
		panic("the Receiver is called after Closed")
	}
}

func (p *peer) Receive(m Message) {
	p.enter()
	defer p.busy.Store(false)
	text := string(m.Data)
	if m.Binary {
		text = "bin:" + text
	}
	if p.onMessage != nil {
		p.onMessage(text)
	}
	p.messages <- text
}

func (p *peer) Closed(reason CloseReason) {
	p.enter()
	defer p.busy.Store(false)
	p.over.Store(true)
	p.closed <- reason
}

// newHost serves over real sockets.
func newHost(t *testing.T, cfg Config) *host {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return serve(t, cfg, listener, func() (net.Conn, error) {
		return net.Dial("tcp", listener.Addr().String())
	}, &http.Server{})
}

// inBubble runs a test in which time passes only when everyone waits. The
// connections are pipes: a write waits for its reader.
func inBubble(t *testing.T, cfg Config, test func(*testing.T, *host)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		test(t, serve(t, cfg, p, p.dial, &http.Server{}))
	})
}

func serve(t *testing.T, cfg Config, l net.Listener, dial func() (net.Conn, error), web *http.Server) *host {
	h := &host{t: t, dial: dial, peers: make(chan *peer, 10000)}
	if cfg.Accept == nil {
		cfg.Accept = func(c *Conn) Receiver {
			p := &peer{Conn: c, messages: make(chan string, 10000), closed: make(chan CloseReason, 10)}
			if h.prepare != nil {
				h.prepare(p)
			}
			h.peers <- p
			return p
		}
	}
	h.Server = NewServer(cfg)
	web.Handler = h.Server
	transport := &http.Transport{
		MaxIdleConnsPerHost: 100,
		DialContext:         func(context.Context, string, string) (net.Conn, error) { return dial() },
	}
	h.client = &http.Client{Transport: transport}
	served := make(chan struct{})
	go func() { defer close(served); web.Serve(l) }()
	t.Cleanup(func() {
		h.Server.Close()
		transport.CloseIdleConnections()
		web.Close()
		<-served
	})
	return h
}

// pipes is a listener of in-memory connections.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	// wrap, when set, wraps the server's ends.
	wrap func(net.Conn) net.Conn
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *pipes) dial() (net.Conn, error) {
	near, far := net.Pipe()
	if p.wrap != nil {
		far = p.wrap(far)
	}
	select {
	case p.conns <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// reply is an HTTP answer, read whole.
type reply struct {
	status int
	body   string
	header http.Header
	err    error
}

func (h *host) do(method, query, body string, header ...string) reply {
	return h.doCtx(context.Background(), method, query, strings.NewReader(body), header...)
}

func (h *host) doCtx(ctx context.Context, method, query string, body io.Reader, header ...string) reply {
	r, err := http.NewRequestWithContext(ctx, method, "http://engine.test/engine.io/?"+query, body)
	if err != nil {
		return reply{err: err}
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := h.client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, string(b), resp.Header, err}
}

func (h *host) get(sid string) reply { return h.do("GET", "EIO=4&transport=polling&sid="+sid, "") }

func (h *host) post(sid, body string) reply {
	return h.do("POST", "EIO=4&transport=polling&sid="+sid, body)
}

// poll starts a GET and returns its answer to come.
func (h *host) poll(sid string) <-chan reply {
	answer := make(chan reply, 1)
	go func() { answer <- h.get(sid) }()
	return answer
}

// hangingPoll starts a GET and returns once the server holds it.
func (h *host) hangingPoll(p *peer) <-chan reply {
	answer := h.poll(p.ID())
	p.await(h.t, func() bool { return p.poll != nil })
	return answer
}

// await waits until a condition on the connection's inner state holds.
func (p *peer) await(t *testing.T, cond func() bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return cond()
	}, 5*time.Second, time.Millisecond)
}

// openPolling opens a session on polling.
func (h *host) openPolling() *peer {
	h.t.Helper()
	r := h.do("GET", "EIO=4&transport=polling", "")
	require.NoError(h.t, r.err)
	require.Equal(h.t, 200, r.status, r.body)
	return <-h.peers
}

// openWebSocket opens a session on WebSocket and reads OPEN.
func (h *host) openWebSocket() (*peer, *wsClient) {
	h.t.Helper()
	c := h.dialWebSocket("")
	require.Regexp(h.t, `^0\{`, c.text())
	return <-h.peers, c
}

// openUpgraded opens a session on polling and upgrades it.
func (h *host) openUpgraded() (*peer, *wsClient) {
	h.t.Helper()
	p := h.openPolling()
	c := h.dialWebSocket(p.ID())
	c.send("2probe")
	require.Equal(h.t, "3probe", c.text())
	c.send("5")
	p.await(h.t, func() bool { return p.sock != nil })
	return p, c
}

// dialWebSocket opens a WebSocket, for a session if sid isn't empty.
func (h *host) dialWebSocket(sid string) *wsClient {
	h.t.Helper()
	query := "EIO=4&transport=websocket"
	if sid != "" {
		query += "&sid=" + sid
	}
	c, r := h.tryWebSocket(query)
	require.Equal(h.t, 101, r.StatusCode)
	return c
}

// tryWebSocket sends a WebSocket handshake and returns the answer.
func (h *host) tryWebSocket(query string, header ...string) (*wsClient, *http.Response) {
	h.t.Helper()
	conn, err := h.dial()
	require.NoError(h.t, err)
	h.t.Cleanup(func() { conn.Close() })
	r, err := http.NewRequest("GET", "http://engine.test/engine.io/?"+query, nil)
	require.NoError(h.t, err)
	r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	require.NoError(h.t, r.Write(conn))
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, r)
	require.NoError(h.t, err)
	return &wsClient{t: h.t, conn: conn, in: in}, resp
}

// end waits for the session's end.
func (p *peer) end(t *testing.T) CloseReason {
	t.Helper()
	select {
	case r := <-p.closed:
		return r
	case <-time.After(2 * time.Minute): // in a bubble this costs nothing
		require.FailNow(t, "the session did not end")
		return CloseReason{}
	}
}

// message waits for the session's next message.
func (p *peer) message(t *testing.T) string {
	t.Helper()
	select {
	case m := <-p.messages:
		return m
	case <-time.After(10 * time.Second):
		require.FailNow(t, "no message came")
		return ""
	}
}

var errTest = errors.New("for the test")
