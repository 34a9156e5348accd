package engineio

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wsClient is the client's end of a WebSocket, able to do everything wrong.
type wsClient struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// frame is a frame as it came.
type frame struct {
	first   byte // FIN, RSV and opcode
	payload []byte
}

// maskedFrame is a client's frame.
func maskedFrame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n <= 125:
		b = append(b, 0x80|byte(n))
	case n <= 0xFFFF:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	key := [4]byte{0x12, 0x34, 0x56, 0x78}
	b = append(b, key[:]...)
	for i, c := range payload {
		b = append(b, c^key[i&3])
	}
	return b
}

func (c *wsClient) write(b []byte) {
	c.t.Helper()
	_, err := c.conn.Write(b)
	require.NoError(c.t, err)
}

func (c *wsClient) send(text string)      { c.t.Helper(); c.write(maskedFrame(0x81, []byte(text))) }
func (c *wsClient) sendBinary(b []byte)   { c.t.Helper(); c.write(maskedFrame(0x82, b)) }
func (c *wsClient) sendClose(code uint16) { c.t.Helper(); c.write(closeFrame(code)) }

func closeFrame(code uint16) []byte {
	return maskedFrame(0x88, binary.BigEndian.AppendUint16(nil, code))
}

// next reads a frame.
func (c *wsClient) next() (frame, error) {
	c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return frame{}, err
	}
	n := uint64(head[1])
	var ext [8]byte
	switch n {
	case 126:
		if _, err := io.ReadFull(c.in, ext[6:]); err != nil {
			return frame{}, err
		}
		n = binary.BigEndian.Uint64(ext[:])
	case 127:
		if _, err := io.ReadFull(c.in, ext[:]); err != nil {
			return frame{}, err
		}
		n = binary.BigEndian.Uint64(ext[:])
	}
	f := frame{head[0], make([]byte, n)}
	_, err := io.ReadFull(c.in, f.payload)
	return f, err
}

// text reads a text message.
func (c *wsClient) text() string {
	c.t.Helper()
	f, err := c.next()
	require.NoError(c.t, err)
	require.EqualValues(c.t, 0x81, f.first, "a text frame, not %x %q", f.first, f.payload)
	return string(f.payload)
}

// closeCode reads up to the close frame and returns its code, 1005 if it has
// none.
func (c *wsClient) closeCode() int {
	c.t.Helper()
	for {
		f, err := c.next()
		require.NoError(c.t, err, "the connection ended without a close frame")
		if f.first != 0x88 {
			continue
		}
		if len(f.payload) == 0 {
			return 1005
		}
		return int(binary.BigEndian.Uint16(f.payload))
	}
}

// ended reads until the connection ends, however it does.
func (c *wsClient) ended() {
	c.t.Helper()
	for {
		_, err := c.next()
		if err == nil {
			continue
		}
		require.NotErrorIs(c.t, err, os.ErrDeadlineExceeded, "the connection did not end")
		return
	}
}
