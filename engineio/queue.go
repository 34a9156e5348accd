package engineio

// queue is what waits for one connection. It isn't safe for concurrent use:
// its Conn's lock guards it.
type queue struct {
	frames []*Frame
	// bytes and packets count also what a writer has taken but not written.
	bytes, packets int
	one            [1]*Frame // the backing of frames while there is one at most
}

// keepCapacity is how many frames' worth of backing an idle queue keeps, if it
// had use for it.
const keepCapacity = 8

func (q *queue) empty() bool { return len(q.frames) == 0 }

func (q *queue) push(frames ...*Frame) {
	if q.frames == nil {
		q.frames = q.one[:0]
	}
	q.frames = append(q.frames, frames...)
	q.packets += len(frames)
	for _, f := range frames {
		q.bytes += f.size()
	}
}

// fits says whether frames can be added within a share of the limits. What
// finds the queue empty always fits.
func (q *queue) fits(frames []*Frame, maxBytes, maxPackets int) bool {
	if q.packets == 0 {
		return true
	}
	bytes := q.bytes
	for _, f := range frames {
		bytes += f.size()
	}
	return bytes <= maxBytes && q.packets+len(frames) <= maxPackets
}

// take moves frames to dst, in order: at least one, then as long as they
// number at most maxFrames and weigh at most maxBytes. Nothing is taken with one
// that is to go apart from what follows.
func (q *queue) take(dst []*Frame, maxFrames, maxBytes int) (taken []*Frame, bytes int) {
	n := 0
	for n < len(q.frames) && n < maxFrames {
		size := q.frames[n].size()
		if n > 0 && bytes+size > maxBytes {
			break
		}
		bytes += size
		n++
		if q.frames[n-1].apart {
			break
		}
	}
	dst = append(dst, q.frames[:n]...)
	q.drop(n)
	return dst, bytes
}

// drop removes the first n frames from the line; done takes them off the count.
func (q *queue) drop(n int) {
	rest := copy(q.frames, q.frames[n:])
	clear(q.frames[rest:])
	q.frames = q.frames[:rest]
	if rest == 0 && (n == 1 || cap(q.frames) > keepCapacity) {
		q.frames = nil
	}
}

// done counts off what was taken and is now written.
func (q *queue) done(bytes, packets int) {
	q.bytes -= bytes
	q.packets -= packets
}

// discard forgets what waits.
func (q *queue) discard() { *q = queue{} }

// takePoll takes what one poll carries: a ping alone, or all up to the next
// ping.
func (q *queue) takePoll() []*Frame {
	n := 0
	for n < len(q.frames) && q.frames[n].kind != kindPing {
		n++
	}
	if n == 0 && len(q.frames) > 0 {
		n = 1
	}
	taken := append([]*Frame(nil), q.frames[:n]...)
	q.drop(n)
	return taken
}
