package relay

import "sync"

// window holds a tenant's newest entries, contiguous up to the loop's position,
// as many as its size and its bytes allow; the newest always. The loop adds,
// replays read.
type window[F any] struct {
	mu    sync.RWMutex
	ring  []Entry[F] // entry seq stands at (seq-base) % size
	size  int
	limit int // of bytes
	bytes int // of the bodies of what is held
	base  int64
	first int64 // seq of the oldest entry held; last+1 when empty
	last  int64
}

func newWindow[F any](size, limit int, pos int64) *window[F] {
	return &window[F]{size: size, limit: limit, base: pos + 1, first: pos + 1, last: pos}
}

func (w *window[F]) add(e Entry[F]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last-w.first+1 >= int64(w.size) {
		w.dropFirst()
	}
	if len(w.ring) < w.size {
		w.ring = append(w.ring, e)
	} else {
		w.ring[w.index(e.Seq)] = e
	}
	w.last = e.Seq
	w.bytes += len(e.Body)
	for w.bytes > w.limit && w.first < w.last {
		w.dropFirst()
	}
}

func (w *window[F]) dropFirst() {
	i := w.index(w.first)
	w.bytes -= len(w.ring[i].Body)
	w.ring[i] = Entry[F]{}
	w.first++
}

// restart forgets everything: what is added next follows pos.
func (w *window[F]) restart(pos int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ring, w.bytes, w.base, w.first, w.last = nil, 0, pos+1, pos+1, pos
}

func (w *window[F]) index(seq int64) int64 { return (seq - w.base) % int64(w.size) }

// after returns up to limit entries that follow seq; ok is false when the
// window no longer reaches back so far.
func (w *window[F]) after(seq int64, limit int) (entries []Entry[F], ok bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if seq+1 < w.first {
		return nil, false
	}
	n := min(int64(limit), w.last-seq)
	for i := int64(1); i <= n; i++ {
		entries = append(entries, w.ring[w.index(seq+i)])
	}
	return entries, true
}
