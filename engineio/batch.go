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

	// For the call into the raw connection, bound once so that a write
	// allocates nothing:
	attempt func(fd uintptr)
	out     []byte
	n       int
	err     error
}

func newBatch() *batch {
	b := &batch{frames: make([]*Frame, 0, batchFrames)}
	b.attempt = func(fd uintptr) { b.n, b.err = writeNow(fd, b.out) }
	return b
}

func (b *batch) fill(q *queue) {
	b.frames, b.bytes = q.take(b.frames[:0], batchFrames, batchBytes)
}

func (b *batch) last() *Frame { return b.frames[len(b.frames)-1] }

// write writes the batch as far as the kernel takes it. It returns how much
// that was, with errWouldBlock if not all.
func (b *batch) write(s *socket) (int, error) {
	if s.raw == nil {
		return 0, errWouldBlock
	}
	b.out = b.frames[0].wire
	if len(b.frames) > 1 {
		b.out = b.join()
	}
	// Not raw.Write, which readies a wait that never comes. Who writes is alone.
	err := s.raw.Control(b.attempt)
	b.out = nil
	if err == nil {
		err = b.err
	}
	if err == nil && b.n < b.bytes {
		err = errWouldBlock
	}
	return b.n, err
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

func (b *batch) release() { clear(b.frames) }
