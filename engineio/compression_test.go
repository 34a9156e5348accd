package engineio

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

const (
	extensionsHeader = "Sec-WebSocket-Extensions"
	deflateOffer     = "permessage-deflate; client_max_window_bits"
	deflateAnswer    = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
)

// long is worth compressing.
var long = strings.Repeat("all work and no play ", 200)

// openDeflated opens a session on WebSocket with compression.
func (h *host) openDeflated() (*peer, *wsClient) {
	h.t.Helper()
	c, r := h.tryWebSocket("EIO=4&transport=websocket", extensionsHeader, deflateOffer)
	require.Equal(h.t, 101, r.StatusCode)
	require.Equal(h.t, deflateAnswer, r.Header.Get(extensionsHeader))
	require.Regexp(h.t, `^0\{`, c.text(), "OPEN is not compressed")
	return <-h.peers, c
}

// deflate compresses as a client does.
func deflate(s string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.DefaultCompression)
	io.WriteString(w, s)
	w.Flush()
	return b.Bytes()[:b.Len()-4]
}

// inflated reads a compressed message that starts with first.
func (c *wsClient) inflated(first byte) string {
	c.t.Helper()
	f, err := c.next()
	require.NoError(c.t, err)
	require.Equal(c.t, first, f.first)
	r := flate.NewReader(io.MultiReader(bytes.NewReader(f.payload), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")))
	b, err := io.ReadAll(r)
	require.NoError(c.t, err)
	require.Less(c.t, len(f.payload), len(b))
	return string(b)
}

// declines opens a WebSocket whose offer is not answered, and hears what is sent as it is.
func (h *host) declines(offer string) {
	h.t.Helper()
	c, r := h.tryWebSocket("EIO=4&transport=websocket", extensionsHeader, offer)
	require.Equal(h.t, 101, r.StatusCode)
	require.NotContains(h.t, r.Header, extensionsHeader)
	c.text()
	p := <-h.peers
	require.NoError(h.t, p.Send(text(long)))
	require.Equal(h.t, "4"+long, c.text())
}

func TestCompressionOff(t *testing.T) {
	h := newHost(t, Config{})
	t.Run("EIO-81 an offer is not answered", func(t *testing.T) {
		for _, offer := range []string{deflateOffer, "; malformed"} {
			h.declines(offer)
		}
		require.Zero(t, h.Stats().Compressed)
	})
	t.Run("EIO-81 RSV1 is a breach", func(t *testing.T) {
		p, c := h.openWebSocket()
		c.write(maskedFrame(0xC1, deflate("4x")))
		require.Equal(t, 1002, c.closeCode())
		require.Equal(t, ReasonTransportError, p.end(t).Code)
	})
	t.Run("EIO-90 not a byte more per connection", func(t *testing.T) {
		// What a connection is made of was as large before there was compression.
		require.LessOrEqual(t, unsafe.Sizeof(Conn{}), uintptr(264))
		require.LessOrEqual(t, unsafe.Sizeof(socket{}), uintptr(112))
		require.LessOrEqual(t, unsafe.Sizeof(Frame{}), uintptr(72))
	})
}

func TestCompression(t *testing.T) {
	h := newHost(t, Config{CompressFrom: 100, MaxPayload: 100_000})
	t.Run("EIO-82 both ways, text and binary", func(t *testing.T) {
		p, c := h.openDeflated()
		require.NoError(t, p.Send(text(long), NewBinaryFrame([]byte(long))))
		require.Equal(t, "4"+long, c.inflated(0xC1))
		require.Equal(t, long, c.inflated(0xC2))
		c.write(maskedFrame(0xC1, deflate("4"+long)))
		require.Equal(t, long, p.message(t))
		c.write(maskedFrame(0xC2, deflate(long)))
		require.Equal(t, "bin:"+long, p.message(t))
		c.write(maskedFrame(0xC1, deflate("4")))
		require.Empty(t, p.message(t))
		require.True(t, p.SendVolatile(text(long)))
		require.NoError(t, p.SendWait(context.Background(), text(long)))
		require.Equal(t, "4"+long, c.inflated(0xC1))
		require.Equal(t, "4"+long, c.inflated(0xC1))
	})
	t.Run("EIO-82 an upgrade", func(t *testing.T) {
		p := h.openPolling()
		require.NoError(t, p.Send(text(long)))
		c, r := h.tryWebSocket("EIO=4&transport=websocket&sid="+p.ID(), extensionsHeader, deflateOffer)
		require.Equal(t, deflateAnswer, r.Header.Get(extensionsHeader))
		c.write(maskedFrame(0xC1, deflate("2probe"))) // browsers compress everything
		require.Equal(t, "3probe", c.text())
		c.write(maskedFrame(0xC1, deflate("5")))
		require.Equal(t, "4"+long, c.text(), "queued for a poll, so as it is")
		p.await(t, func() bool { return p.sock != nil })
		require.NoError(t, p.Send(text(long)))
		require.Equal(t, "4"+long, c.inflated(0xC1))
	})
	t.Run("EIO-82 a client that offers none", func(t *testing.T) {
		p, c := h.openWebSocket()
		require.NoError(t, p.Send(text(long)))
		require.Equal(t, "4"+long, c.text())
		c.write(maskedFrame(0xC1, deflate("4x")))
		require.Equal(t, 1002, c.closeCode())
	})
	t.Run("EIO-83 a client whose offer is declined", func(t *testing.T) {
		h.declines("permessage-deflate; server_max_window_bits=9")
	})
	t.Run("EIO-84 a malformed offer", func(t *testing.T) {
		_, r := h.tryWebSocket("EIO=4&transport=websocket", extensionsHeader, "permessage-deflate;")
		require.Equal(t, http.StatusBadRequest, r.StatusCode)
		p := h.openPolling()
		_, r = h.tryWebSocket("EIO=4&transport=websocket&sid="+p.ID(), extensionsHeader, "permessage-deflate;")
		require.Equal(t, http.StatusBadRequest, r.StatusCode)
		require.Equal(t, Polling, p.Transport())
		require.Equal(t, "ok", h.post(p.ID(), "4x").body, "the session lives on")
	})
	t.Run("EIO-86 short messages and control frames are sent as they are", func(t *testing.T) {
		p, c := h.openDeflated()
		short := strings.Repeat("x", 98)
		require.NoError(t, p.Send(text(short), text(short+"x")))
		require.Equal(t, "4"+short, c.text())
		require.Equal(t, "4"+short+"x", c.inflated(0xC1), "100 bytes with the packet's type")
		c.write(maskedFrame(0x89, bytes.Repeat([]byte("p"), 125)))
		f, err := c.next()
		require.NoError(t, err)
		require.EqualValues(t, 0x8A, f.first)
		p.Close(CloseReason{})
		require.Equal(t, 1005, c.closeCode())
	})
	t.Run("EIO-86 the heartbeat is sent as it is", func(t *testing.T) {
		require.Same(t, h.pingFrame, h.pingFrame.deflated(1, func() { t.Error("compressed") }))
	})
	t.Run("EIO-86 queues count what is sent", func(t *testing.T) {
		require.Less(t, text(long).deflated(100, func() {}).size(), 200)
		h := newHost(t, Config{CompressFrom: 100, QueueBytes: 2000, MaxPayload: 100_000})
		p, c := h.openDeflated()
		for range 10 {
			require.NoError(t, p.Send(text(long), text(long)))
		}
		for range 20 {
			require.Equal(t, "4"+long, c.inflated(0xC1))
		}
		p.await(t, func() bool { return p.queue.bytes == 0 && p.queue.packets == 0 })
	})
	t.Run("EIO-86 frames that go apart still do", func(t *testing.T) {
		f := NewApartFrame([]byte(long)).deflated(100, func() {})
		require.True(t, f.apart)
		require.Equal(t, byte(0xC1), f.wire[0])
	})
	for name, tc := range map[string]struct {
		bytes []byte
		code  int
	}{
		"EIO-85 RSV1 on a ping":         {maskedFrame(0xC9, nil), 1002},
		"EIO-85 RSV1 on a continuation": {append(maskedFrame(0x41, deflate("4x")), maskedFrame(0xC0, nil)...), 1002},
		"EIO-88 a bomb":                 {maskedFrame(0xC1, deflate(strings.Repeat("4", 5_000_000))), 1009},
		"EIO-89 invalid data":           {maskedFrame(0xC1, []byte{0xff}), 1007},
	} {
		t.Run(name, func(t *testing.T) {
			p, c := h.openDeflated()
			c.write(tc.bytes)
			require.Equal(t, tc.code, c.closeCode())
			c.ended()
			require.Equal(t, ReasonTransportError, p.end(t).Code)
		})
	}
}

func TestCompressedBroadcast(t *testing.T) {
	t.Run("EIO-87 once for all", func(t *testing.T) {
		h := newHost(t, Config{CompressFrom: 100, MaxPayload: 100_000})
		const each, rounds = 5, 20
		var peers []*peer
		var reads []func() string
		for range each {
			p, c := h.openDeflated()
			peers, reads = append(peers, p), append(reads, func() string { return c.inflated(0xC1) })
			plain, client := h.openWebSocket()
			peers, reads = append(peers, plain), append(reads, client.text)
			polling := h.openPolling()
			peers, reads = append(peers, polling), append(reads, func() string { return h.get(polling.ID()).body })
		}
		for round := range rounds {
			message := fmt.Sprint(round) + long
			f := text(message)
			var wg sync.WaitGroup
			for _, p := range peers {
				wg.Go(func() {
					if err := p.Send(f); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			for _, read := range reads {
				require.Equal(t, "4"+message, read())
			}
			require.EqualValues(t, round+1, h.Stats().Compressed)
		}
	})
	t.Run("EIO-87 the bytes are shared", func(t *testing.T) {
		f := text(long)
		var wg sync.WaitGroup
		forms := make([]*Frame, 8)
		for i := range forms {
			wg.Go(func() { forms[i] = f.deflated(1, func() {}) })
		}
		wg.Wait()
		for _, form := range forms {
			require.Same(t, forms[0], form)
		}
	})
}

func TestCompressionKeepsNothing(t *testing.T) {
	t.Run("EIO-90 connections that have compressed and decompressed keep nothing", func(t *testing.T) {
		const n = 100
		idle := func(offer bool) uint64 {
			h := newHost(t, Config{CompressFrom: 100})
			clients := make([]*wsClient, n)
			for i := range n {
				p, c := h.openAny(offer)
				require.NoError(t, p.Send(text(long)))
				_, err := c.next()
				require.NoError(t, err)
				body := maskedFrame(0x81, []byte("4"+long))
				if offer {
					body = maskedFrame(0xC1, deflate("4"+long))
				}
				c.write(body)
				p.message(t)
				clients[i] = c
			}
			var m runtime.MemStats
			for range 3 { // what pools keep goes too
				runtime.GC()
			}
			runtime.ReadMemStats(&m)
			runtime.KeepAlive(clients)
			h.Server.Close()
			return m.HeapAlloc
		}
		idle(true)
		with, without := idle(true), idle(false)
		require.Less(t, int64(with)-int64(without), int64(n*2000), "a window alone would be 32 KB each")
	})
}

// openAny opens a session on WebSocket, with compression or without.
func (h *host) openAny(deflated bool) (*peer, *wsClient) {
	h.t.Helper()
	if deflated {
		return h.openDeflated()
	}
	return h.openWebSocket()
}
