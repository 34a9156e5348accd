// Command floor is the floor of the comparison: a bare Go loop that writes
// ready-made WebSocket frames and joins what waits for a socket into one
// write. It answers the benchmark's requests in Socket.IO's framing and checks
// nothing; it has no heartbeat, limits, namespaces or closing handshake.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
)

// client is one connection.
type client struct {
	conn net.Conn

	mu      sync.Mutex
	pending [][]byte // frames, shared with other clients
	queued  bool     // in the line
}

// floor is the server.
type floor struct {
	mu    sync.Mutex
	rooms map[string][]*client

	lineMu  sync.Mutex
	line    []*client
	writing bool
}

func main() {
	l, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		panic(err)
	}
	f := &floor{rooms: make(map[string][]*client)}
	for {
		conn, err := l.Accept()
		if err != nil {
			panic(err)
		}
		go f.open(conn)
	}
}

// open answers the upgrade request; the reader gets a goroutine of its own, so
// that the parser's stack goes.
func (f *floor) open(conn net.Conn) {
	r, err := http.ReadRequest(bufio.NewReaderSize(conn, 1024))
	if err != nil {
		conn.Close()
		return
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"))
	c := &client{conn: conn}
	f.send(c, frame([]byte(`0{"sid":"aaaaaaaaaaaaaaaaaaaa","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`)))
	go f.read(c)
}

var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// read serves a connection's messages. While it waits it keeps 512 bytes; who
// fills them borrows more.
func (f *floor) read(c *client) {
	defer c.conn.Close()
	var small [512]byte
	var rest []byte
	for busy := false; ; {
		if !busy && len(rest) == 0 {
			n, err := c.conn.Read(small[:])
			if err != nil {
				return
			}
			rest = append(rest, f.messages(c, small[:n])...)
			busy = n == len(small)
			continue
		}
		big := buffers.Get().(*[64 << 10]byte)
		have := copy(big[:], rest)
		n, err := c.conn.Read(big[have:])
		if err != nil {
			return
		}
		rest = append(rest[:0], f.messages(c, big[:have+n])...)
		busy = n >= len(small)
		buffers.Put(big)
	}
}

// messages serves the whole messages in b and returns the rest.
func (f *floor) messages(c *client, b []byte) []byte {
	for len(b) >= 6 {
		head, n := 2, int(b[1]&0x7F)
		if n == 126 {
			head, n = 4, int(binary.BigEndian.Uint16(b[2:]))
		}
		if len(b) < head+4+n {
			break
		}
		key, body := b[head:head+4], b[head+4:head+4+n]
		for i := range body {
			body[i] ^= key[i&3]
		}
		if b[0]&0x0F == 1 {
			f.message(c, body)
		}
		b = b[head+4+n:]
	}
	return b
}

var (
	okAck = []byte(`[{"ok":true}]`)
	comma = []byte(`,`)
	field = []byte(`","payload":`)
)

func (f *floor) message(c *client, b []byte) {
	if len(b) < 3 || b[1] == '0' {
		f.send(c, frame([]byte(`40{"sid":"aaaaaaaaaaaaaaaaaaaa"}`)))
		return
	}
	at := bytes.IndexByte(b, '[')
	id, name, arg := b[2:at], b[at+2], b[at:]
	arg = arg[bytes.Index(arg, comma)+1 : len(arg)-1]
	switch name {
	case 'j': // join
		room := string(arg[1 : len(arg)-1])
		f.mu.Lock()
		f.rooms[room] = append(f.rooms[room], c)
		f.mu.Unlock()
		f.send(c, frame([]byte("43"), id, okAck))
	case 'e': // echo
		f.send(c, frame([]byte("43"), id, []byte("["), arg, []byte("]")))
	case 'b': // bench:emit {"room":"…","payload":…}
		arg = arg[len(`{"room":"`):]
		room, payload, _ := bytes.Cut(arg, field)
		ready := frame([]byte(`42["message:new",`), payload[:len(payload)-1], []byte("]"))
		f.mu.Lock()
		members := f.rooms[string(room)]
		f.mu.Unlock()
		for _, m := range members {
			f.send(m, ready)
		}
		f.send(c, frame([]byte("43"), id, okAck))
	}
}

// frame makes a server's text frame.
func frame(parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	out := make([]byte, 0, n+4)
	if n <= 125 {
		out = append(out, 0x81, byte(n))
	} else {
		out = binary.BigEndian.AppendUint16(append(out, 0x81, 126), uint16(n))
	}
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// send queues a frame and puts the client into the line, once.
func (f *floor) send(c *client, b []byte) {
	c.mu.Lock()
	c.pending = append(c.pending, b)
	first := !c.queued
	c.queued = true
	c.mu.Unlock()
	if !first {
		return
	}
	f.lineMu.Lock()
	f.line = append(f.line, c)
	start := !f.writing
	f.writing = true
	f.lineMu.Unlock()
	if start {
		go f.write()
	}
}

// write is the one writer, while there is something to write.
func (f *floor) write() {
	var joined []byte
	var line []*client
	for {
		runtime.Gosched() // let those that have more to say do so first
		f.lineMu.Lock()
		line, f.line = f.line, line[:0]
		if len(line) == 0 {
			f.writing = false
			f.lineMu.Unlock()
			return
		}
		f.lineMu.Unlock()
		for _, c := range line {
			joined = joined[:0]
			c.mu.Lock()
			c.queued = false
			one := c.pending[0]
			if len(c.pending) > 1 {
				for _, p := range c.pending {
					joined = append(joined, p...)
				}
				one = joined
			}
			clear(c.pending)
			c.pending = c.pending[:0]
			c.mu.Unlock()
			c.conn.Write(one)
		}
	}
}
