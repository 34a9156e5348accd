package engineio

import (
	"runtime"
	"sync"
)

// turn is how many connections a worker serves before it lets others run, who
// may have more to say to those that come next.
const turn = 256

// flusher writes what waits for WebSockets. A connection is in its line at
// most once however much is sent to it, so that all of that goes out in one
// write. Its workers exist only while there is something to write, and never
// wait for a socket: what would block is left to a goroutine of its own.
type flusher struct {
	batches sync.Pool // of *batch
	tasks   *tasks

	mu      sync.Mutex
	line    []*Conn
	head    int // line[head:] waits
	workers int
}

func newFlusher(tasks *tasks) *flusher {
	return &flusher{batches: sync.Pool{New: func() any { return newBatch() }}, tasks: tasks}
}

// add puts a connection into the line.
func (f *flusher) add(c *Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.line = append(f.line, c)
	if waiting := len(f.line) - f.head; waiting > f.workers*turn && f.workers < runtime.GOMAXPROCS(0) {
		f.workers++
		f.tasks.start(f.work)
	}
}

func (f *flusher) work() {
	b := f.batches.Get().(*batch)
	defer f.batches.Put(b)
	for {
		runtime.Gosched() // let those that are about to send do so first
		if b.conns = f.next(b.conns[:0], 1); len(b.conns) == 0 {
			return
		}
		b.serve()
	}
}

// help serves the first of the line on the goroutine of a reader that is about
// to wait: mostly they are those that its client wanted something sent to, and
// then itself. No other goroutine needs to run for an answer.
func (f *flusher) help() {
	b := f.batches.Get().(*batch)
	defer f.batches.Put(b)
	b.conns = f.next(b.conns[:0], 0)
	b.serve()
}

// next moves the first of the line to mine; where there is none, so many workers
// less are there.
func (f *flusher) next(mine []*Conn, leave int) []*Conn {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := min(len(f.line)-f.head, turn)
	if n == 0 {
		f.workers -= leave
		if cap(f.line) > 1024 {
			f.line = nil
		}
		return mine
	}
	first := f.line[f.head : f.head+n]
	mine = append(mine, first...)
	clear(first)
	if f.head += n; f.head == len(f.line) {
		f.line, f.head = f.line[:0], 0
	}
	return mine
}
