package engineio

import "sync"

// tasks are the goroutines that a server has started.
type tasks struct {
	mu      sync.Mutex
	stopped bool
	running sync.WaitGroup
}

// start runs fn on a goroutine of its own, unless the server has stopped.
func (t *tasks) start(fn func()) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return false
	}
	t.running.Go(fn)
	return true
}

// stop lets nothing start any more and waits for what runs.
func (t *tasks) stop() {
	t.mu.Lock()
	t.stopped = true
	t.mu.Unlock()
	t.running.Wait()
}
