package engineio

import (
	"errors"
	"net"
)

const (
	// batchFrames and batchBytes bound what one write joins. A frame larger
	// than batchBytes goes alone, from the bytes that all connections share.
	batchFrames = 128
	batchBytes  = 32 << 10
)

// errWouldBlock says that the kernel takes no more for now.
var errWouldBlock = errors.New("would block")

// batch is what a worker needs to write: pooled, so that connections keep no
// write buffer.
type batch struct {
	frames []*Frame
	bytes  int
	joined []byte
	conns  []*Conn // whose turn it is
}

func newBatch() *batch { return &batch{frames: make([]*Frame, 0, batchFrames)} }

func (b *batch) fill(q *queue) {
	b.frames, b.bytes = q.take(b.frames[:0], batchFrames, batchBytes)
}

func (b *batch) last() *Frame { return b.frames[len(b.frames)-1] }

// write writes the batch as far as the kernel takes it. It returns how much
// that was, with errWouldBlock if not all. The caller sees to it that the socket
// isn't closed meanwhile.
func (b *batch) write(s *socket) (int, error) {
	if s.raw == nil {
		return 0, errWouldBlock
	}
	out := b.frames[0].wire
	if len(b.frames) > 1 {
		out = b.join()
	}
	// Not s.conn.Write, which readies a wait that never comes, nor s.raw: both
	// go through four more objects, which are seldom in the processor's cache.
	n, err := writeNow(s.fd, out)
	if err == nil && n < len(out) {
		err = errWouldBlock
	}
	return n, err
}

func (b *batch) join() []byte {
	b.joined = b.joined[:0]
	for _, f := range b.frames {
		b.joined = append(b.joined, f.wire...)
	}
	return b.joined
}

// remainder copies what is left after n bytes, for the goroutine that waits.
func (b *batch) remainder(n int) net.Buffers {
	rest := make(net.Buffers, 0, len(b.frames))
	for _, f := range b.frames {
		if n >= len(f.wire) {
			n -= len(f.wire)
			continue
		}
		rest = append(rest, f.wire[n:])
		n = 0
	}
	return rest
}

// serve writes what waits for the connections whose turn it is.
func (b *batch) serve() {
	for i, c := range b.conns {
		c.flush(b)
		b.conns[i] = nil
	}
}

func (b *batch) release() { clear(b.frames) }
