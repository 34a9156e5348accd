package socketio_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentportal/portal/socketio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds how long a test waits for what must come.
const patience = 10 * time.Second

// serve starts a server over real connections and ends it with the test.
func serve(t testing.TB, cfg socketio.Config) (*socketio.Server, string) {
	io := socketio.NewServer(cfg)
	h := httptest.NewServer(io)
	t.Cleanup(func() {
		require.NoError(t, io.Close())
		h.Close()
	})
	return io, strings.TrimPrefix(h.URL, "http://")
}

// peer is a client that speaks raw packets over a WebSocket. One goroutine
// reads it, any may send.
type peer struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
	sid  string // of the connection
	mu   sync.Mutex
}

// dial opens a connection, not yet a namespace.
func dial(t testing.TB, addr string) *peer {
	p, err := tryDial(t, addr, "")
	require.NoError(t, err)
	return p
}

// tryDial opens a connection, header being further lines of the request.
func tryDial(t testing.TB, addr, query string, header ...string) (*peer, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	var key [16]byte
	_, _ = rand.Read(key[:])
	fmt.Fprintf(conn, "GET /socket.io/?EIO=4&transport=websocket%s HTTP/1.1\r\nHost: %s\r\nX-Test: yes\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s\r\n",
		query, addr, base64.StdEncoding.EncodeToString(key[:]), strings.Join(append(header, ""), "\r\n"))
	p := &peer{t: t, conn: conn, in: bufio.NewReader(conn)}
	resp, err := http.ReadResponse(p.in, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("status %s", resp.Status)
	}
	open, err := p.message()
	if err != nil {
		return nil, err
	}
	var hello struct{ SID string }
	if err := json.Unmarshal([]byte(open[1:]), &hello); err != nil || open[0] != '0' {
		return nil, fmt.Errorf("open: %q", open)
	}
	p.sid = hello.SID
	return p, nil
}

// connect opens a connection and joins a namespace; packet is the CONNECT. It
// returns what the answer holds.
func connect(t testing.TB, addr, packet string) (*peer, answer) {
	p := dial(t, addr)
	return p, p.join(packet)
}

type answer struct{ SID, PID string }

func (p *peer) join(packet string) answer {
	p.send(packet)
	got := p.next()
	body := got[strings.IndexByte(got, '{'):]
	require.Equal(p.t, "0", got[:1], got)
	var a answer
	require.NoError(p.t, json.Unmarshal([]byte(body), &a))
	return a
}

// send sends a Socket.IO packet.
func (p *peer) send(packet string) { p.frame(1, append([]byte("4"), packet...)) }

// attach sends an attachment.
func (p *peer) attach(data []byte) { p.frame(2, data) }

func (p *peer) frame(opcode byte, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	head := []byte{0x80 | opcode}
	switch {
	case len(data) < 126:
		head = append(head, 0x80|byte(len(data)))
	case len(data) < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 0x80|126), uint16(len(data)))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 0x80|127), uint64(len(data)))
	}
	_, _ = p.conn.Write(append(append(head, 0, 0, 0, 0), data...)) // masked with zeros
}

// next is the next Socket.IO packet, or "b:" and an attachment.
func (p *peer) next() string {
	p.t.Helper()
	got, err := p.receive()
	require.NoError(p.t, err)
	return got
}

func (p *peer) expect(want ...string) {
	p.t.Helper()
	for _, w := range want {
		require.Equal(p.t, w, p.next())
	}
}

// closed waits for the end of the connection and returns what still came.
func (p *peer) closed() []string {
	p.t.Helper()
	var rest []string
	for {
		got, err := p.receive()
		if err != nil {
			var timeout net.Error
			require.False(p.t, errors.As(err, &timeout) && timeout.Timeout(), "the connection stays open")
			return rest
		}
		rest = append(rest, got)
	}
}

// receive is next without the test's end.
func (p *peer) receive() (string, error) {
	for {
		got, err := p.message()
		switch {
		case err != nil:
			return "", err
		case got == "2":
			p.frame(1, []byte("3"))
		case strings.HasPrefix(got, "4"):
			return got[1:], nil
		case strings.HasPrefix(got, "b:"):
			return got, nil
		default:
			return "", fmt.Errorf("packet %q", got)
		}
	}
}

// message is the next WebSocket message.
func (p *peer) message() (string, error) {
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	var head [2]byte
	if _, err := io.ReadFull(p.in, head[:]); err != nil {
		return "", err
	}
	size := uint64(head[1])
	ext := map[uint64]int{126: 2, 127: 8}[size]
	if ext > 0 {
		var b [8]byte
		if _, err := io.ReadFull(p.in, b[8-ext:]); err != nil {
			return "", err
		}
		size = binary.BigEndian.Uint64(b[:])
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(p.in, data); err != nil {
		return "", err
	}
	if head[0]&0x40 != 0 {
		whole := io.MultiReader(bytes.NewReader(data), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))
		var err error
		if data, err = io.ReadAll(flate.NewReader(whole)); err != nil {
			return "", err
		}
	}
	switch head[0] & 0xf {
	case 1:
		return string(data), nil
	case 2:
		return "b:" + string(data), nil
	default:
		return "", io.EOF
	}
}

// drop breaks the connection without a word.
func (p *peer) drop() { p.conn.Close() }

// wait is what comes from a channel.
func wait[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

// eventually polls until ok.
func eventually(t testing.TB, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, patience, 2*time.Millisecond)
}
