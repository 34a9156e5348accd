package engineio

import (
	"context"
	"net/http"
	"time"

	"github.com/agentportal/portal/engineio/packet"
)

// probeHold is how long a poll that arrives during an upgrade is held: until
// then the upgrade usually completes.
const probeHold = 100 * time.Millisecond

// poll is a GET that hangs. Its fields are guarded by its Conn's mu.
type poll struct {
	woken   chan struct{}
	verdict verdict
	probing bool // it came when the WebSocket of an upgrade was open already

	// Its own goroutine's:
	hold *time.Timer // runs once the poll has met an upgrade under way
	held bool        // long enough
}

// verdict is an answer to a poll that is decided by another goroutine than its
// own.
type verdict uint8

const (
	undecided    verdict = iota
	verdictClose         // 200 with a close packet
	verdictNoop          // 200 with a noop packet
	verdictGone          // 400: the session isn't on polling any more
)

func (p *poll) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

func (p *poll) release() {
	if p.hold != nil {
		p.hold.Stop()
	}
}

func (p *poll) decide(v verdict) {
	if p.verdict == undecided {
		p.verdict = v
	}
	p.wake()
}

// answer is what a poll gets: frames, and maybe a packet of the server's own
// after them; or an error.
type answer struct {
	frames []*Frame
	last   packet.Type // 0: none
	fail   *failure
}

func (v verdict) answer() answer {
	switch v {
	case verdictClose:
		return answer{last: packet.Close}
	case verdictNoop:
		return answer{last: packet.Noop}
	default:
		return answer{fail: failTransport}
	}
}

// servePoll answers a GET of a session on polling.
func (c *Conn) servePoll(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	// The server's time-outs are for ordinary requests: a poll may hang longer
	// (EIO-24). Writers that can't be told so have none.
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Now().Add(c.srv.cfg.PingInterval + c.srv.cfg.PingTimeout + flushTime))

	a := c.awaitAnswer(r.Context(), c.markOf(r))
	if a.fail != nil {
		a.fail.write(w)
		return
	}
	err := a.write(w)
	if err != nil || r.Context().Err() != nil {
		c.end(broken(ReasonTransportError, r.Context().Err()))
	}
}

// awaitAnswer waits until there is something to answer.
func (c *Conn) awaitAnswer(ctx context.Context, m mark) answer {
	me := &poll{woken: make(chan struct{}, 1)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if fail := c.admitPoll(m); fail != nil {
		return answer{fail: fail}
	}
	if c.farewell {
		c.farewell = false
		c.srv.wheel.remove(c)
		c.srv.drop(c)
		return answer{last: packet.Noop}
	}
	c.poll, me.probing = me, c.probe != nil
	defer me.release()
	for me.verdict == undecided {
		if a, ok := c.takeAnswer(me); ok {
			c.poll = nil
			if len(a.frames) > 0 {
				c.asked.answered = m
			}
			return a
		}
		if !c.waitForWake(ctx, me) && me.verdict == undecided {
			c.poll = nil
			c.endLocked(broken(ReasonTransportError, ctx.Err()), verdictClose)
			return answer{fail: failTransport} // nobody reads it
		}
	}
	return me.verdict.answer()
}

// admitPoll refuses a poll that has no place, or lets it in.
func (c *Conn) admitPoll(m mark) *failure {
	switch {
	case c.farewell:
		return nil
	case c.state == closed:
		return failSession
	case c.sock != nil:
		return failTransport
	case c.poll != nil: // EIO-21
		c.endLocked(broken(ReasonTransportError, errOverlap), verdictClose)
		return failTransport
	case m != 0 && m == c.asked.answered: // EIO-91
		c.endLocked(broken(ReasonTransportError, errResent), verdictClose)
		return failTransport
	}
	return nil
}

// takeAnswer takes what waits, if anything does. During an upgrade a poll is
// held first, then answered in any case: the client waits for that before it
// completes the upgrade.
func (c *Conn) takeAnswer(me *poll) (answer, bool) {
	if c.probed && !me.held {
		return answer{}, false
	}
	if c.queue.empty() && c.state != closing {
		return answer{last: packet.Noop}, c.probed
	}
	a := answer{frames: c.queue.takePoll()}
	if c.state == closing && c.queue.empty() {
		a.last = packet.Close
		c.endLocked(c.reason, verdictClose)
		return a, true
	}
	bytes := 0
	for _, f := range a.frames {
		bytes += f.size()
	}
	c.written(bytes, len(a.frames))
	return a, true
}

// waitForWake waits, without the lock, until the poll is woken or, during an
// upgrade, has been held long enough. False: the client has gone.
func (c *Conn) waitForWake(ctx context.Context, me *poll) bool {
	if c.probed && me.hold == nil {
		me.hold = time.NewTimer(probeHold)
	}
	var hold <-chan time.Time
	if me.hold != nil {
		hold = me.hold.C
	}
	c.mu.Unlock()
	defer c.mu.Lock()
	select {
	case <-me.woken:
		return true
	case <-hold:
		me.held = true
		return true
	case <-ctx.Done():
		return false
	}
}

// write writes the answer as one payload.
func (a answer) write(w http.ResponseWriter) error {
	size := 1
	for _, f := range a.frames {
		size += len(f.polled()) + 1
	}
	body := make([]byte, 0, size)
	for i, f := range a.frames {
		if i > 0 {
			body = append(body, packet.Separator)
		}
		body = append(body, f.polled()...)
	}
	if a.last != 0 {
		if len(body) > 0 {
			body = append(body, packet.Separator)
		}
		body = append(body, byte(a.last))
	}
	return writePayload(w, body)
}
