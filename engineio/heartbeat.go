package engineio

import (
	"time"

	"github.com/agentportal/portal/engineio/packet"
)

// startBeat schedules the first ping. Called with mu held, when OPEN is sent.
func (c *Conn) startBeat() {
	c.srv.wheel.schedule(c, c.srv.cfg.PingInterval)
}

// fired is called by the wheel when c's time has come, now being the wheel's
// time.
func (c *Conn) fired(now time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.srv.wheel.early(c, now) {
		return // a pong came meanwhile
	}
	switch {
	case c.state == open && !c.beat.waiting:
		c.ping(now)
	case c.state == open:
		c.pongMissing(now)
	case c.state == closing && c.sock == nil:
		c.endLocked(c.reason, verdictClose) // flushTime is over
	case c.farewell:
		c.farewell = false
		c.srv.drop(c)
	}
}

func (c *Conn) ping(now time.Duration) {
	timeout := c.srv.cfg.PingTimeout
	deadline := c.beat.at + timeout
	if now-c.beat.at > timeout/4 {
		deadline = now + timeout // the process was held up, not the client
	}
	c.beat.waiting, c.beat.spared = true, false
	c.queue.push(c.srv.pingFrame)
	c.wake()
	c.srv.wheel.scheduleAt(c, deadline)
}

// pongMissing ends the session, unless the process itself was held up: then
// the pong may have come and nobody had time to read it (EIO-35).
func (c *Conn) pongMissing(now time.Duration) {
	timeout := c.srv.cfg.PingTimeout
	if now-c.beat.at > timeout/4 && !c.beat.spared {
		c.beat.spared = true
		c.srv.wheel.scheduleAt(c, now+timeout/2)
		return
	}
	c.endLocked(CloseReason{Code: ReasonPingTimeout, ComeBack: true}, verdictClose)
}

// pong ends the wait for a pong. One that nobody waits for changes nothing.
func (c *Conn) pong() {
	c.mu.Lock()
	if c.state != open || !c.beat.waiting {
		c.mu.Unlock()
		return
	}
	c.beat.waiting = false
	c.startBeat()
	fn := c.onPong
	c.mu.Unlock()
	if fn != nil {
		c.deliver.Lock()
		defer c.deliver.Unlock()
		if c.isOpen() {
			fn()
		}
	}
}

func newPingFrame() *Frame { return newTextPacket(kindPing, packet.Ping, nil) }
