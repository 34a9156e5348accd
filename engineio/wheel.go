package engineio

import (
	"sync"
	"time"
)

// slots is the number of a wheel's slots. What is due later than a turn stays
// in its slot and is passed over until its turn comes.
const slots = 512

// beat is a Conn's place in the wheel.
type beat struct {
	next, prev *Conn // guarded by the wheel's mu, like due
	due        int64 // tick; 0: not in the wheel

	// Guarded by the Conn's mu:
	at      time.Duration // when, exactly, since the wheel's start
	waiting bool          // a ping was sent and no pong came yet
	spared  bool          // has been given more time once, see EIO-35
}

// wheel is the one timer of all connections. It fires early by one to two
// ticks, never late by its own doing, since a session must be gone at its
// deadline at the latest (EIO-33). Its goroutine lives while it has entries.
type wheel struct {
	tick  time.Duration
	start time.Time
	fire  func(c *Conn, late time.Duration)
	tasks *tasks
	stop  <-chan struct{}

	mu      sync.Mutex
	slots   [slots]*Conn
	entries int
	passed  int64 // ticks
	running bool
}

func newWheel(cfg *Config, tasks *tasks, stop <-chan struct{}) *wheel {
	shortest := min(cfg.PingInterval, cfg.PingTimeout)
	return &wheel{
		tick:  min(max(shortest/50, time.Millisecond), 100*time.Millisecond),
		start: time.Now(),
		fire:  (*Conn).fired,
		tasks: tasks,
		stop:  stop,
	}
}

func (w *wheel) now() time.Duration { return time.Since(w.start) }

// schedule makes the wheel fire c once, a while from now, instead of what was
// scheduled for it. Called with the Conn's mu held.
func (w *wheel) schedule(c *Conn, after time.Duration) { w.scheduleAt(c, w.now()+after) }

func (w *wheel) scheduleAt(c *Conn, at time.Duration) {
	c.beat.at = at
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlink(c)
	if w.entries == 0 && !w.running {
		w.passed = int64(w.now() / w.tick)
	}
	c.beat.due = max(int64(at/w.tick)-1, w.passed+1)
	slot := &w.slots[c.beat.due%slots]
	c.beat.next = *slot
	if *slot != nil {
		(*slot).beat.prev = c
	}
	*slot = c
	w.entries++
	if !w.running {
		w.running = true
		w.tasks.start(w.run)
	}
}

// early says whether c was scheduled anew after it was found to be due.
func (w *wheel) early(c *Conn, now time.Duration) bool { return c.beat.at-now > 3*w.tick }

// remove forgets what was scheduled for c.
func (w *wheel) remove(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlink(c)
}

func (w *wheel) unlink(c *Conn) {
	b := &c.beat
	if b.due == 0 {
		return
	}
	if b.prev != nil {
		b.prev.beat.next = b.next
	} else {
		w.slots[b.due%slots] = b.next
	}
	if b.next != nil {
		b.next.beat.prev = b.prev
	}
	b.next, b.prev, b.due = nil, nil, 0
	w.entries--
}

func (w *wheel) run() {
	ticker := time.NewTicker(w.tick)
	defer ticker.Stop()
	var due []*Conn
	for {
		select {
		case <-ticker.C:
		case <-w.stop:
			return
		}
		more := true
		if due, more = w.advance(due[:0]); !more {
			return
		}
		now := w.now()
		for i, c := range due {
			due[i] = nil
			w.fire(c, now)
		}
	}
}

// advance moves to the present and returns what became due; more is false if
// nothing is left and the goroutine ends.
func (w *wheel) advance(due []*Conn) (_ []*Conn, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := int64(w.now() / w.tick)
	// More than a turn behind: one round over all slots finds everything.
	for w.passed = max(w.passed, now-slots); w.passed < now; {
		w.passed++
		for c := w.slots[w.passed%slots]; c != nil; {
			next := c.beat.next
			if c.beat.due <= now {
				w.unlink(c)
				due = append(due, c)
			}
			c = next
		}
	}
	w.running = w.entries > 0 || len(due) > 0
	return due, w.running
}
