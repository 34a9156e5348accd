package engineio

import (
	"net"
	"time"
)

// apartGap stands between a frame that goes apart and what follows it. Read
// together, a WebSocket library hands out both at once, and a client that
// awaits the first before it listens for the second never sees that (EIO-16).
const apartGap = 5 * time.Millisecond

// flushNow writes what waits, on the goroutine of the connection's reader.
func (c *Conn) flushNow() {
	c.mu.Lock()
	idle := c.queue.empty() || c.writing
	c.mu.Unlock()
	if idle {
		return
	}
	b := c.srv.flusher.batches.Get().(*batch)
	c.flush(b)
	c.srv.flusher.batches.Put(b)
}

// flush writes one batch of what waits without blocking. What the kernel
// doesn't take is left to a goroutine that waits; what comes after the batch
// gets in line again, so that one busy connection doesn't hold up the others.
func (c *Conn) flush(b *batch) {
	if s := c.beginWrite(b); s != nil {
		n, err := b.write(s)
		c.endWrite(s, b, n, err)
	}
}

// beginWrite takes a batch to be written to the socket that it returns; nil:
// there is nothing to be done. Until endWrite the socket isn't closed: what the
// caller writes to its descriptor must not reach another connection (EIO-59).
func (c *Conn) beginWrite(b *batch) *socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scheduled = false
	if c.writing || c.sock == nil || c.queue.empty() || c.state == closed {
		return nil
	}
	c.writing = true
	b.fill(&c.queue)
	return c.sock
}

// endWrite follows the write of n bytes of a batch.
func (c *Conn) endWrite(s *socket, b *batch, n int, err error) {
	defer b.release()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = false
	switch {
	case c.state == closed:
		s.abort() // endLocked has left it to us
	case err == errWouldBlock:
		c.writing, c.waiting = true, true
		rest, bytes, packets, last := b.remainder(n), b.bytes, len(b.frames), b.last()
		c.srv.tasks.start(func() { c.flushWaiting(s, rest, bytes, packets, last) })
	case err != nil:
		c.endLocked(lost(err), verdictClose)
	default:
		c.settle(s, b.bytes, len(b.frames), b.last())
		c.writing = b.last().apart && c.pause()
		c.wakeIfQueued()
	}
}

// flushWaiting writes the rest of a batch and whatever came meanwhile, waiting
// for the socket as long as it takes. It is the connection's writer for as
// long as its client is slower than what is sent to it.
func (c *Conn) flushWaiting(s *socket, rest net.Buffers, bytes, packets int, last *Frame) {
	var frames []*Frame
	for {
		if _, err := s.writeAll(rest); err != nil {
			c.mu.Lock()
			c.writing, c.waiting = false, false
			c.mu.Unlock()
			c.end(lost(err))
			return
		}
		c.mu.Lock()
		c.settle(s, bytes, packets, last)
		if last.apart || c.queue.empty() {
			c.waiting = false
			c.writing = last.apart && c.pause()
			c.mu.Unlock()
			return
		}
		frames, bytes = c.queue.take(frames[:0], batchFrames, batchBytes)
		c.mu.Unlock()
		packets, last = len(frames), frames[len(frames)-1]
		rest = make(net.Buffers, 0, packets)
		for _, f := range frames {
			rest = append(rest, f.wire)
		}
	}
}

// settle follows a write that went out whole. Called with mu held.
func (c *Conn) settle(s *socket, bytes, packets int, last *Frame) {
	c.written(bytes, packets)
	if last.kind == kindLast {
		s.lastWritten()
		c.markEnded()
	}
}

// pause keeps what follows from being written for a moment, while writing
// stands. Called with mu held.
func (c *Conn) pause() bool {
	c.waiting = c.srv.tasks.start(func() {
		time.Sleep(apartGap)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.writing, c.waiting = false, false
		c.wakeIfQueued()
	})
	return c.waiting
}

func (c *Conn) wakeIfQueued() {
	if !c.queue.empty() {
		c.wake()
	}
}
