package ws

import (
	"encoding/binary"
	"io"
	"sync"
	"unicode/utf8"
)

const (
	// smallBuffer is what a connection that reads takes at first. Who fills it
	// has more to come, and gets bigBuffer. Both are pooled. A message that fits
	// is read without any allocation.
	smallBuffer = 512
	bigBuffer   = 16 << 10
	// firstChunk is what is allocated at first for a longer message; more only
	// as its bytes arrive, so that announcing much costs the peer as much.
	firstChunk = 4096
)

// Reader reads whole messages and control frames. Not for concurrent use.
type Reader struct {
	src   io.Reader
	limit int

	buf        []byte // nil: nothing is buffered
	full       bool   // the last read filled it
	pos, end   int    // what is buffered: buf[pos:end]
	msg        []byte // the data message so far
	valid      int    // how much of msg is known to be UTF-8
	op         Opcode // of the data message so far; 0: none has begun
	compressed bool   // the data message is
	inflates   bool   // permessage-deflate was agreed on
}

// NewReader makes a Reader of messages of up to limit bytes.
func NewReader(src io.Reader, limit int) *Reader {
	return &Reader{src: src, limit: limit}
}

// Inflate has the Reader take compressed messages: permessage-deflate was
// agreed on. It is to be called before anything is read.
func (r *Reader) Inflate() { r.inflates = true }

// Keep returns the bytes of the last data message in memory that stays valid:
// their own, or a copy if they stand in the buffer.
func (r *Reader) Keep(msg []byte) []byte {
	if r.msg != nil {
		return msg
	}
	return append([]byte(nil), msg...)
}

// header is a frame's header.
type header struct {
	op   Opcode
	fin  bool
	rsv1 bool
	len  int
	key  [4]byte
}

// Next returns the next whole data message or control frame; control frames
// that come between the fragments of a message are returned when they come.
// The bytes are valid until the next call. An *Error is the peer's breach of
// the protocol, after which there is no going on.
func (r *Reader) Next() (Opcode, []byte, error) {
	if r.op == 0 {
		r.msg = nil // returned by the last call, used by now
	}
	for {
		h, err := r.header()
		if err != nil {
			return 0, nil, err
		}
		if h.op.control() {
			return r.short(h)
		}
		if err := r.begin(h); err != nil {
			return 0, nil, err
		}
		if h.fin && h.op != Continuation && h.len <= len(r.buf) && !h.rsv1 {
			r.op = 0
			return r.text(r.short(h))
		}
		if err := r.gather(h); err != nil {
			return 0, nil, err
		}
		if h.fin {
			return r.finish()
		}
		if r.op == Text && !r.compressed && !r.validSoFar() {
			return 0, nil, notText()
		}
	}
}

// header reads and checks a frame's header, section 5.2.
func (r *Reader) header() (h header, err error) {
	if err := r.fill(2); err != nil {
		return h, err
	}
	b0, b1 := r.buf[r.pos], r.buf[r.pos+1]
	h.op, h.fin, h.rsv1 = Opcode(b0&0x0F), b0&finBit != 0, b0&rsv1Bit != 0
	if b0&rsvBits&^rsv1Bit != 0 || h.rsv1 && (!r.inflates || h.op.control() || h.op == Continuation) {
		return h, breach("reserved bit set")
	}
	if b1&maskBit == 0 {
		return h, breach("unmasked frame")
	}
	if h.op.control() && (!h.fin || b1&^maskBit > maxControl) {
		return h, breach("control frame fragmented or too long")
	}
	if h.op > Binary && h.op < Close || h.op > Pong {
		return h, breach("unknown opcode")
	}
	if h.len, err = r.length(int(b1 &^ maskBit)); err != nil {
		return h, err
	}
	if err := r.fill(4); err != nil {
		return h, err
	}
	r.pos += copy(h.key[:], r.buf[r.pos:])
	return h, nil
}

// length reads the payload's length, whose first form stands in the header's
// second byte.
func (r *Reader) length(short int) (int, error) {
	more := 0
	switch short {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	if err := r.fill(2 + more); err != nil {
		return 0, err
	}
	ext := r.buf[r.pos+2 : r.pos+2+more]
	r.pos += 2 + more
	switch short {
	case 126:
		n := binary.BigEndian.Uint16(ext)
		if n < 126 {
			return 0, breach("length not in its shortest form")
		}
		return int(n), nil
	case 127:
		n := binary.BigEndian.Uint64(ext)
		if n>>63 != 0 || n <= 0xFFFF {
			return 0, breach("length not in its shortest form")
		}
		if n > uint64(deflatedLimit(r.limit)) {
			return 0, r.tooBig()
		}
		return int(n), nil
	default:
		return short, nil
	}
}

func (r *Reader) tooBig() error { return &Error{Code: CodeTooBig, Text: "message too big"} }

// begin checks a data frame against the message it belongs to, section 5.4,
// and against the limit, before anything is allocated for it.
func (r *Reader) begin(h header) error {
	if h.op == Continuation {
		if r.op == 0 {
			return breach("continuation of nothing")
		}
	} else {
		if r.op != 0 {
			return breach("message inside a fragmented message")
		}
		r.op, r.compressed, r.valid = h.op, h.rsv1, 0
	}
	limit := r.limit
	if r.compressed {
		limit = deflatedLimit(limit)
	}
	if h.len > limit-len(r.msg) {
		return r.tooBig()
	}
	return nil
}

// short returns a payload that fits into the buffer, in place.
func (r *Reader) short(h header) (Opcode, []byte, error) {
	if err := r.fill(h.len); err != nil {
		return 0, nil, err
	}
	b := r.buf[r.pos : r.pos+h.len]
	r.pos += h.len
	unmask(b, h.key, 0)
	return h.op, b, nil
}

// gather appends a frame's payload to the message.
func (r *Reader) gather(h header) error {
	for done := 0; done < h.len; {
		r.grow(h.len - done)
		room := r.msg[len(r.msg):min(cap(r.msg), len(r.msg)+h.len-done)]
		n, err := r.read(room)
		if err != nil {
			return err
		}
		unmask(room[:n], h.key, done)
		r.msg = r.msg[:len(r.msg)+n]
		done += n
	}
	return nil
}

// grow makes room for at least one more byte of the want that are announced:
// at most as much as has arrived already.
func (r *Reader) grow(want int) {
	if len(r.msg) < cap(r.msg) {
		return
	}
	bigger := make([]byte, len(r.msg), len(r.msg)+min(want, max(firstChunk, len(r.msg))))
	copy(bigger, r.msg)
	r.msg = bigger
}

// finish ends a message that was gathered.
func (r *Reader) finish() (Opcode, []byte, error) {
	op, msg := r.op, r.msg
	r.op = 0
	if r.compressed {
		var err error
		if msg, err = inflate(msg, r.limit); err != nil {
			return 0, nil, err
		}
		r.msg = msg
	}
	return r.text(op, msg, nil)
}

// text checks that a text message is UTF-8, section 8.1, as far as that isn't
// known yet.
func (r *Reader) text(op Opcode, msg []byte, err error) (Opcode, []byte, error) {
	if err == nil && op == Text && !utf8.Valid(msg[r.valid:]) {
		return 0, nil, notText()
	}
	return op, msg, err
}

// validSoFar checks what has come of a fragmented text, all but a rune at its
// end that may be on its way.
func (r *Reader) validSoFar() bool {
	whole := len(r.msg)
	for n := 1; n < utf8.UTFMax && n <= whole-r.valid; n++ {
		if tail := r.msg[whole-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				whole -= n
			}
			break
		}
	}
	ok := utf8.Valid(r.msg[r.valid:whole])
	r.valid = whole
	return ok
}

func notText() error { return &Error{Code: CodeInvalid, Text: "text is not UTF-8"} }

// read reads what is buffered, else from the source.
func (r *Reader) read(p []byte) (int, error) {
	if r.pos < r.end {
		n := copy(p, r.buf[r.pos:r.end])
		r.pos += n
		return n, nil
	}
	n, err := r.src.Read(p)
	if n > 0 {
		return n, nil
	}
	return 0, noProgress(err)
}

// fill makes at least n bytes buffered, n being at most the buffer's size.
func (r *Reader) fill(n int) error {
	if r.end-r.pos >= n {
		return nil
	}
	r.size(n)
	if r.pos+n > len(r.buf) {
		r.end = copy(r.buf, r.buf[r.pos:r.end])
		r.pos = 0
	}
	for r.end-r.pos < n {
		got, err := r.src.Read(r.buf[r.end:])
		r.end += got
		r.full = r.end == len(r.buf)
		if got == 0 {
			return noProgress(err)
		}
	}
	return nil
}

var (
	smallBuffers = sync.Pool{New: func() any { return new([smallBuffer]byte) }}
	bigBuffers   = sync.Pool{New: func() any { return new([bigBuffer]byte) }}
)

// size gets a buffer for n bytes: a big one if the last read has filled the small one,
// which is small again once a big one isn't filled.
func (r *Reader) size(n int) {
	if r.pos == r.end {
		r.pos, r.end = 0, 0
		if len(r.buf) == bigBuffer && !r.full && n <= smallBuffer {
			r.giveBack()
		}
	}
	switch {
	case r.buf == nil:
		r.buf = smallBuffers.Get().(*[smallBuffer]byte)[:]
	case len(r.buf) == smallBuffer && r.full:
		big := bigBuffers.Get().(*[bigBuffer]byte)[:]
		r.end = copy(big, r.buf[r.pos:r.end])
		r.pos = 0
		r.giveBack()
		r.buf = big
	}
}

func (r *Reader) giveBack() {
	switch len(r.buf) {
	case smallBuffer:
		smallBuffers.Put((*[smallBuffer]byte)(r.buf))
	case bigBuffer:
		bigBuffers.Put((*[bigBuffer]byte)(r.buf))
	}
	r.buf = nil
}

// Idle says whether the reader is between two messages and has nothing
// buffered.
func (r *Reader) Idle() bool { return r.pos == r.end && r.op == 0 }

// Release gives the buffer of an idle reader back, until there is more to
// read. What Next returned is not valid any more.
func (r *Reader) Release() {
	r.giveBack()
	r.msg, r.full, r.pos, r.end = nil, false, 0, 0
}

func noProgress(err error) error {
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}
