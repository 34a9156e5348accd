package engineio

import (
	"encoding/base64"
	"sync"
	"sync/atomic"

	"github.com/agentportal/portal/engineio/internal/ws"
	"github.com/agentportal/portal/engineio/packet"
)

// Frame is one immutable message, encoded and framed once and shared by any
// number of connections. It is safe for concurrent use.
type Frame struct {
	kind   frameKind
	apart  bool   // what follows waits a moment, see pause
	header uint8  // length of the WebSocket frame's header
	wire   []byte // the WebSocket frame, header included

	others atomic.Pointer[forms] // nil: none was asked for yet
}

// forms are what some connections need a frame in, made when the first does.
type forms struct {
	base64Once  sync.Once
	base64      []byte // a binary message as polling carries it
	deflateOnce sync.Once
	deflated    *Frame // the message compressed; the frame itself if that is no use
}

type frameKind uint8

const (
	kindText   frameKind = iota // a text packet of any type but ping
	kindBinary                  // a binary message
	kindPing                    // a heartbeat: alone in its poll (EIO-31)
	kindRaw                     // bytes for a WebSocket only
	kindLast                    // a WebSocket close frame: nothing follows
)

// NewTextFrame makes the frame of a text message. It copies data, which must
// be valid UTF-8.
func NewTextFrame(data []byte) *Frame {
	return newTextPacket(kindText, packet.Message, data)
}

// NewApartFrame makes the frame of a text message that a WebSocket's client is
// to have read before anything that follows: that is written 5 ms later.
func NewApartFrame(data []byte) *Frame {
	f := NewTextFrame(data)
	f.apart = true
	return f
}

// NewBinaryFrame makes the frame of a binary message. It copies data.
func NewBinaryFrame(data []byte) *Frame {
	f := &Frame{kind: kindBinary}
	f.wire = ws.AppendHeader(make([]byte, 0, ws.MaxHeader+len(data)), ws.Binary, len(data), false)
	f.header = uint8(len(f.wire))
	f.wire = append(f.wire, data...)
	return f
}

func newTextPacket(kind frameKind, t packet.Type, data []byte) *Frame {
	f := &Frame{kind: kind}
	f.wire = ws.AppendHeader(make([]byte, 0, ws.MaxHeader+1+len(data)), ws.Text, 1+len(data), false)
	f.header = uint8(len(f.wire))
	f.wire = packet.Append(f.wire, packet.Packet{Type: t, Data: data})
	return f
}

// size is what the frame counts for in a queue, in bytes.
func (f *Frame) size() int { return len(f.wire) }

// polled is the packet as a polling payload carries it.
func (f *Frame) polled() []byte {
	body := f.wire[f.header:]
	if f.kind != kindBinary {
		return body
	}
	o := f.forms()
	o.base64Once.Do(func() {
		size := 1 + base64.StdEncoding.EncodedLen(len(body))
		o.base64 = packet.Append(make([]byte, 0, size), packet.Packet{Binary: true, Data: body})
	})
	return o.base64
}

func (f *Frame) forms() *forms {
	if o := f.others.Load(); o != nil {
		return o
	}
	f.others.CompareAndSwap(nil, &forms{})
	return f.others.Load()
}

// deflated is the frame for a connection that takes compressed messages from a
// number of bytes on. It is compressed once for all of them; done is called by
// who does so.
func (f *Frame) deflated(from int, done func()) *Frame {
	if len(f.wire)-int(f.header) < from || f.kind > kindBinary {
		return f
	}
	o := f.forms()
	o.deflateOnce.Do(func() {
		o.deflated = f.deflate()
		done()
	})
	return o.deflated
}

func (f *Frame) deflate() *Frame {
	op := ws.Text
	if f.kind == kindBinary {
		op = ws.Binary
	}
	wire := ws.AppendDeflated(nil, op, f.wire[f.header:])
	if wire == nil {
		return f
	}
	return &Frame{kind: f.kind, apart: f.apart, wire: wire}
}
