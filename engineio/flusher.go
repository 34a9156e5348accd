package engineio

import (
	"runtime"
	"sync"
)

// turn is how many connections a worker serves before it lets others run, who
// may have more to say to those that come next.
const turn = 64

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
	var mine [turn]*Conn
	for {
		runtime.Gosched() // let those that are about to send do so first
		n := f.next(mine[:])
		if n == 0 {
			return
		}
		for i, c := range mine[:n] {
			c.flush(b)
			mine[i] = nil
		}
	}
}

// next takes the first of the line; none ends the worker.
func (f *flusher) next(mine []*Conn) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := copy(mine, f.line[f.head:])
	clear(f.line[f.head : f.head+n])
	f.head += n
	if f.head == len(f.line) {
		f.line, f.head = f.line[:0], 0
	}
	if n == 0 {
		f.workers--
		if cap(f.line) > 1024 {
			f.line = nil
		}
	}
	return n
}
