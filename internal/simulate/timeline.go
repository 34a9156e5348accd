package simulate

import (
	"container/heap"
	"context"
	"hash/maphash"
	"sync"
	"time"
)

const (
	// lanes is how many things happen at a time.
	lanes = 16
	// maxEntries bounds what is going to happen.
	maxEntries = 200_000
)

// timeline makes things happen at their times. What is in the same lane happens one after another.
type timeline struct {
	seed maphash.Seed
	wake chan struct{}

	mu      sync.Mutex
	entries entries
	count   uint64
}

type entry struct {
	at    time.Time
	order uint64 // of entries for the same time
	lane  string
	do    func(context.Context)
}

func newTimeline() *timeline {
	return &timeline{seed: maphash.MakeSeed(), wake: make(chan struct{}, 1)}
}

// in makes something happen after a while. When far too much is going to happen already it is left out.
func (t *timeline) in(after time.Duration, lane string, do func(context.Context)) {
	t.mu.Lock()
	if len(t.entries) < maxEntries {
		t.count++
		heap.Push(&t.entries, entry{at: time.Now().Add(after), order: t.count, lane: lane, do: do})
	}
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// run makes things happen until ctx is done.
func (t *timeline) run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	var queues [lanes]chan entry
	for i := range queues {
		queues[i] = make(chan entry, 64)
		working.Go(func() { work(ctx, queues[i]) })
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		e, wait := t.next()
		if e.do != nil {
			select {
			case queues[maphash.String(t.seed, e.lane)%lanes] <- e:
			case <-ctx.Done():
			}
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-t.wake:
		case <-ctx.Done():
		}
	}
}

func work(ctx context.Context, queue <-chan entry) {
	for {
		select {
		case e := <-queue:
			e.do(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// next takes what is due, or tells how long there is nothing.
func (t *timeline) next() (entry, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.entries) == 0 {
		return entry{}, time.Hour
	}
	if wait := time.Until(t.entries[0].at); wait > 0 {
		return entry{}, wait
	}
	return heap.Pop(&t.entries).(entry), 0
}

// entries are a heap, the next one first.
type entries []entry

func (e entries) Len() int      { return len(e) }
func (e entries) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

func (e entries) Less(i, j int) bool {
	if e[i].at.Equal(e[j].at) {
		return e[i].order < e[j].order
	}
	return e[i].at.Before(e[j].at)
}

// Push is heap's.
func (e *entries) Push(x any) { *e = append(*e, x.(entry)) }

// Pop is heap's.
func (e *entries) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = entry{}
	*e = (*e)[:last]
	return x
}
