package ws

import (
	"compress/flate"
	"io"
	"runtime"
	"sync"
)

// Every message is compressed by itself (no context takeover), so a connection
// keeps neither a window nor a compressor, and one compressed form serves all.

// deflater is what compressing takes, 1.2 MB of it.
type deflater struct {
	w   *flate.Writer
	out []byte
}

// Write implements io.Writer for the compressor.
func (d *deflater) Write(p []byte) (int, error) {
	d.out = append(d.out, p...)
	return len(p), nil
}

// keepScratch is how large an output a pooled deflater keeps.
const keepScratch = 64 << 10

var (
	deflaters = sync.Pool{New: func() any {
		d := &deflater{}
		// The fastest level: at the others each message would first clear 640 KB
		// of tables.
		d.w, _ = flate.NewWriter(d, flate.BestSpeed) // fails on no known level
		return d
	}}
	// turns keeps the deflaters in use to as many as can run.
	turns = make(chan struct{}, runtime.GOMAXPROCS(0))
)

// flushed is what a flush ends with. It isn't sent, RFC 7692 section 7.2.1.
const flushed = "\x00\x00\xff\xff"

// AppendDeflated appends the frame of a message, compressed. It returns nil if
// that is no shorter than the message itself.
func AppendDeflated(dst []byte, op Opcode, payload []byte) []byte {
	turns <- struct{}{}
	defer func() { <-turns }()
	d := deflaters.Get().(*deflater)
	defer deflaters.Put(d)
	d.w.Reset(d)
	d.out = d.out[:0]
	d.w.Write(payload) // neither can fail: Write above doesn't
	d.w.Flush()
	out := d.out[:len(d.out)-len(flushed)]
	if cap(d.out) > keepScratch {
		d.out = nil
	}
	if len(out) >= len(payload) {
		return nil
	}
	if dst == nil {
		dst = make([]byte, 0, MaxHeader+len(out)) // shared by many, and for long
	}
	return append(AppendHeader(dst, op, len(out), true), out...)
}

// inflater is what decompressing takes.
type inflater struct {
	r   io.ReadCloser // with flate.Resetter
	src parts
}

var inflaters = sync.Pool{New: func() any {
	i := &inflater{}
	i.r = flate.NewReader(&i.src)
	return i
}}

const (
	// finalBlock, behind what a flush ends with, ends the compressed data for
	// compress/flate.
	finalBlock = "\x01\x00\x00\xff\xff"
	// afterFinal is what may follow where the peer has ended the data itself:
	// the empty block of RFC 7692 section 7.2.3.4, and what is put behind it.
	afterFinal = "\x00" + flushed + finalBlock
)

// deflatedLimit is how long a message of up to limit bytes can be when it is
// compressed: more than limit where it can't be made shorter.
func deflatedLimit(limit int) int { return limit + limit/8 + 64 }

// inflate decompresses a message. Beyond limit bytes it is too big; memory is
// taken only as bytes come out.
func inflate(msg []byte, limit int) ([]byte, error) {
	i := inflaters.Get().(*inflater)
	defer inflaters.Put(i)
	i.src = parts{msg, flushed + finalBlock}
	defer func() { i.src = parts{} }()
	_ = i.r.(flate.Resetter).Reset(&i.src, nil) // never fails
	out := make([]byte, 0, min(limit, max(smallBuffer, 3*len(msg)))+1)
	for {
		if len(out) == cap(out) {
			bigger := make([]byte, len(out), min(limit+1, 2*cap(out)))
			copy(bigger, out)
			out = bigger
		}
		n, err := i.r.Read(out[len(out):cap(out)])
		if out = out[:len(out)+n]; len(out) > limit {
			return nil, &Error{Code: CodeTooBig, Text: "message too big once decompressed"}
		}
		if err == io.EOF && (i.src.empty() || i.src.is(afterFinal)) {
			return out, nil
		}
		if err != nil {
			return nil, &Error{Code: CodeInvalid, Text: "compressed data is invalid"}
		}
	}
}

// parts reads a message and then its end. As an io.ByteReader nothing is read
// of it beyond what is used.
type parts struct {
	msg []byte
	end string
}

func (p *parts) empty() bool { return len(p.msg)+len(p.end) == 0 }

func (p *parts) is(s string) bool {
	return len(p.msg)+len(p.end) == len(s) && string(p.msg)+p.end == s
}

// Read implements io.Reader.
func (p *parts) Read(b []byte) (int, error) {
	n := copy(b, p.msg)
	p.msg = p.msg[n:]
	m := copy(b[n:], p.end)
	p.end = p.end[m:]
	if n+m == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n + m, nil
}

// ReadByte implements io.ByteReader.
func (p *parts) ReadByte() (byte, error) {
	if len(p.msg) > 0 {
		c := p.msg[0]
		p.msg = p.msg[1:]
		return c, nil
	}
	var b [1]byte
	_, err := p.Read(b[:])
	return b[0], err
}
