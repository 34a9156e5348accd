package live_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// errCut is a broken network.
var errCut = errors.New("the network was cut")

// wire is a client's network, which can be made to break after so many bytes
// more in a direction. All its connections share the fate.
type wire struct {
	mu       sync.Mutex
	down, up int // bytes still let through; negative: all
	cut      bool
	conns    []net.Conn
}

func newWire(down, up int) *wire { return &wire{down: down, up: up} }

// limit sets what is let through from now on.
func (w *wire) limit(down, up int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down, w.up = down, up
}

// spend takes n bytes of a budget and tells how many of them pass.
func (w *wire) spend(budget *int, n int) (pass int, over bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return 0, true
	}
	if *budget < 0 {
		return n, false
	}
	pass = min(n, *budget)
	*budget -= pass
	if pass < n || *budget == 0 {
		w.breakOff()
	}
	return pass, w.cut
}

// breakOff closes everything. Called with the lock held.
func (w *wire) breakOff() {
	w.cut = true
	for _, c := range w.conns {
		_ = c.Close()
	}
}

func (w *wire) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.breakOff()
}

func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		_ = c.Close()
		return nil, errCut
	}
	w.conns = append(w.conns, c)
	return &wiredConn{Conn: c, wire: w}, nil
}

type wiredConn struct {
	net.Conn
	wire *wire
}

func (c *wiredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n == 0 {
		return 0, err
	}
	n, over := c.wire.spend(&c.wire.down, n)
	if over && n == 0 {
		return 0, errCut
	}
	return n, nil
}

func (c *wiredConn) Write(p []byte) (int, error) {
	c.wire.mu.Lock()
	up := c.wire.up
	c.wire.mu.Unlock()
	part := p
	if up >= 0 {
		part = p[:min(len(p), up)]
	}
	n, err := c.Conn.Write(part) // before it is spent, which may close it
	if _, over := c.wire.spend(&c.wire.up, len(p)); over && err == nil {
		err = errCut
	}
	return n, err
}

// transport carries Engine.IO packets.
type transport interface {
	send(packets ...string) error
	// receive waits for at least one packet.
	receive() ([]string, error)
}

// polling is the HTTP transport.
type polling struct {
	http *http.Client
	url  string
	sent atomic.Int64 // requests, which are numbered, as the official client marks them: net/http sends a GET again by itself
}

func dialPolling(w *wire, base string) (*polling, error) {
	p := &polling{
		http: &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: w.dial, DisableKeepAlives: false}},
		url:  base + "/socket.io/?EIO=4&transport=polling",
	}
	open, err := p.receive()
	if err != nil {
		return nil, err
	}
	var o struct{ SID string }
	if err := json.Unmarshal([]byte(open[0][1:]), &o); err != nil {
		return nil, err
	}
	p.url += "&sid=" + o.SID
	return p, nil
}

func (p *polling) do(method, body string) (string, error) {
	req, err := http.NewRequest(method, fmt.Sprint(p.url, "&t=", p.sent.Add(1)), strings.NewReader(body))
	if err != nil {
		return "", err
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, raw)
	}
	return string(raw), err
}

func (p *polling) send(packets ...string) error {
	_, err := p.do(http.MethodPost, strings.Join(packets, "\x1e"))
	return err
}

func (p *polling) receive() ([]string, error) {
	body, err := p.do(http.MethodGet, "")
	return strings.Split(body, "\x1e"), err
}

// socketTransport is the WebSocket.
type socketTransport struct {
	conn net.Conn
	in   *bufio.Reader
}

// dialWebSocket opens a WebSocket; with a sid, to upgrade that session.
func dialWebSocket(w *wire, base, sid string) (*socketTransport, error) {
	host := strings.TrimPrefix(base, "http://")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := w.dial(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	path := "/socket.io/?EIO=4&transport=websocket"
	if sid != "" {
		path += "&sid=" + sid
	}
	if err := conn.SetDeadline(time.Now().Add(3 * patience)); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path, host); err != nil {
		return nil, err
	}
	s := &socketTransport{conn: conn, in: bufio.NewReader(conn)}
	resp, err := http.ReadResponse(s.in, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	if sid == "" {
		_, err = s.receive() // OPEN
	}
	return s, err
}

func (s *socketTransport) send(packets ...string) error {
	var b bytes.Buffer
	for _, p := range packets {
		b.WriteByte(0x81)
		if len(p) < 126 {
			b.WriteByte(0x80 | byte(len(p)))
		} else {
			b.WriteByte(0x80 | 126)
			_ = binary.Write(&b, binary.BigEndian, uint16(len(p))) // no packet of ours is longer
		}
		b.Write([]byte{0, 0, 0, 0}) // a mask that changes nothing
		b.WriteString(p)
	}
	_, err := s.conn.Write(b.Bytes())
	return err
}

func (s *socketTransport) receive() ([]string, error) {
	for {
		var head [2]byte
		if _, err := io.ReadFull(s.in, head[:]); err != nil {
			return nil, err
		}
		n := int(head[1])
		if n == 126 {
			var long [2]byte
			if _, err := io.ReadFull(s.in, long[:]); err != nil {
				return nil, err
			}
			n = int(binary.BigEndian.Uint16(long[:]))
		}
		payload := make([]byte, n)
		if _, err := io.ReadFull(s.in, payload); err != nil {
			return nil, err
		}
		switch head[0] {
		case 0x81:
			return []string{string(payload)}, nil
		case 0x88:
			return nil, errCut
		}
	}
}

// upgrading begins by polling and moves to a WebSocket, as the official client
// does: while it probes, packets go on by polling.
type upgrading struct {
	*polling
	mu   sync.Mutex
	over *socketTransport // the WebSocket, once it has taken over
	in   chan arrival
}

type arrival struct {
	packets []string
	err     error
}

func dialUpgrading(w *wire, base string) (*upgrading, error) {
	p, err := dialPolling(w, base)
	if err != nil {
		return nil, err
	}
	u := &upgrading{polling: p, in: make(chan arrival, 64)}
	_, sid, _ := strings.Cut(p.url, "&sid=")
	probed := make(chan arrival, 1)
	var probe *socketTransport
	go func() {
		ws, err := dialWebSocket(w, base, sid)
		if err == nil {
			probe = ws
			err = ws.send("2probe")
		}
		if err == nil {
			_, err = ws.receive() // 3probe
		}
		probed <- arrival{err: err}
	}()
	go u.carry(probed, func() *socketTransport { return probe })
	return u, nil
}

// carry polls until the probe has come back, then reads the WebSocket.
func (u *upgrading) carry(probed <-chan arrival, probe func() *socketTransport) {
	defer close(u.in)
	for {
		packets, err := u.polling.receive()
		u.in <- arrival{packets, err}
		if err != nil {
			<-probed
			return
		}
		select {
		case p := <-probed:
			if p.err != nil {
				u.in <- arrival{err: p.err}
				return
			}
			ws := probe()
			u.mu.Lock()
			u.over = ws
			err := ws.send("5")
			u.mu.Unlock()
			for err == nil {
				packets, err = ws.receive()
				u.in <- arrival{packets, err}
			}
			return
		default:
		}
	}
}

func (u *upgrading) send(packets ...string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over != nil {
		return u.over.send(packets...)
	}
	return u.polling.send(packets...)
}

func (u *upgrading) receive() ([]string, error) {
	a, ok := <-u.in
	if !ok {
		return nil, errCut
	}
	return a.packets, a.err
}

// dialTransport opens a transport by its name.
func dialTransport(w *wire, base, name string) (tr transport, err error) {
	switch name {
	case "polling":
		tr, err = dialPolling(w, base)
	case "websocket":
		tr, err = dialWebSocket(w, base, "")
	default:
		tr, err = dialUpgrading(w, base)
	}
	if err != nil {
		return nil, err
	}
	return tr, nil
}
