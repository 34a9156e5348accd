package engineio

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The frames' own rules are tested in internal/ws; here is what a session
// makes of them.
func TestBreaches(t *testing.T) {
	for name, tc := range map[string]struct {
		bytes []byte
		code  int
	}{
		"EIO-70 unmasked":           {[]byte("\x81\x024x"), 1002},
		"EIO-71 reserved bit":       {maskedFrame(0xC1, []byte("4x")), 1002},
		"EIO-76 not UTF-8":          {maskedFrame(0x81, []byte("4\xff")), 1007},
		"EIO-77 too big":            {maskedFrame(0x81, make([]byte, 1001))[:8], 1009},
		"EIO-78 invalid close code": {closeFrame(1005), 1002},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, Config{MaxPayload: 1000})
			p, c := h.openWebSocket()
			c.write(tc.bytes)
			require.Equal(t, tc.code, c.closeCode())
			c.ended()
			require.Equal(t, ReasonTransportError, p.end(t).Code)
		})
	}
	t.Run("EIO-26 no packet", func(t *testing.T) {
		for _, message := range []string{"", "abc", "7"} {
			h := newHost(t, Config{})
			p, c := h.openWebSocket()
			c.send(message)
			require.Equal(t, 1008, c.closeCode())
			c.ended()
			require.Equal(t, ReasonParseError, p.end(t).Code)
		}
	})
}

func TestWebSocketMessages(t *testing.T) {
	h := newHost(t, Config{})
	p, c := h.openWebSocket()
	t.Run("EIO-73 fragments with control frames between them", func(t *testing.T) {
		c.write(maskedFrame(0x01, []byte("4he")))
		c.write(maskedFrame(0x89, []byte("ping")))
		c.write(maskedFrame(0x00, []byte("ll")))
		c.write(maskedFrame(0x8A, nil))
		c.write(maskedFrame(0x80, []byte("o")))
		require.Equal(t, "hello", p.message(t))
		f, err := c.next()
		require.NoError(t, err)
		require.Equal(t, frame{0x8A, []byte("ping")}, f)
	})
	t.Run("EIO-79 a ping is answered with its payload", func(t *testing.T) {
		payload := bytes.Repeat([]byte{7}, 125)
		c.write(maskedFrame(0x89, payload))
		f, err := c.next()
		require.NoError(t, err)
		require.Equal(t, frame{0x8A, payload}, f)
	})
	t.Run("EIO-77 messages of every size, both ways", func(t *testing.T) {
		for _, size := range []int{0, 1, 124, 125, 126, 505, 506, 507, 511, 512, 513, 4096, 65534, 65535, 65536, 999_999} {
			body := strings.Repeat("x", size)
			go c.conn.Write(maskedFrame(0x81, []byte("4"+body)))
			require.Equal(t, body, p.message(t))
			require.NoError(t, p.Send(text(body)))
			require.Equal(t, "4"+body, c.text())
			go c.conn.Write(maskedFrame(0x82, []byte(body)))
			require.Equal(t, "bin:"+body, p.message(t))
			require.NoError(t, p.Send(NewBinaryFrame([]byte(body))))
			f, err := c.next()
			require.NoError(t, err)
			require.EqualValues(t, 0x82, f.first)
			require.Equal(t, body, string(f.payload))
		}
	})
	t.Run("EIO-57 binary data is the receiver's own", func(t *testing.T) {
		var kept [][]byte
		h := newHost(t, Config{Accept: func(c *Conn) Receiver { return keeper{&kept, c} }})
		c := h.dialWebSocket("")
		c.text()
		for _, b := range []string{"one", "two", "three"} {
			c.sendBinary([]byte(b))
			require.Equal(t, "4got it", c.text())
		}
		require.Equal(t, [][]byte{[]byte("one"), []byte("two"), []byte("three")}, kept)
	})
}

type keeper struct {
	kept *[][]byte
	c    *Conn
}

func (k keeper) Receive(m Message) {
	*k.kept = append(*k.kept, m.Data)
	k.c.Send(text("got it"))
}
func (k keeper) Closed(CloseReason) {}
