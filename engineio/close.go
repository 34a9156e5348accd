package engineio

import (
	"time"

	"github.com/agentportal/portal/engineio/internal/ws"
)

const (
	// flushTime bounds how long a closing connection flushes what waits, and
	// how long a poll may keep away that is to carry the close.
	flushTime = 5 * time.Second
	// lingerTime bounds how long a peer may take to answer a close frame, and
	// how long a client that closed may take to end its poll.
	lingerTime = time.Second
)

// lost is the reason of a connection whose network failed.
func lost(err error) CloseReason {
	return CloseReason{Code: ReasonTransportClose, Err: err, ComeBack: true}
}

// broken is the reason of a session whose client broke the protocol.
func broken(code string, err error) CloseReason {
	return CloseReason{Code: code, Err: err, ComeBack: true}
}

// Close closes the connection after what is queued has been flushed, within 5
// seconds. Nothing is received or taken for sending any more. It doesn't wait:
// see Done and Receiver.Closed. Only the first reason counts.
func (c *Conn) Close(reason CloseReason) {
	if reason.Code == "" {
		reason.Code = ReasonForcedClose
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state >= closing {
		return
	}
	wasOpening := c.state == opening
	c.state, c.reason = closing, reason
	if c.sock != nil {
		c.queueClose(ws.CodeNoStatus, flushTime, !wasOpening)
		return
	}
	c.srv.wheel.schedule(c, flushTime)
	if c.poll != nil {
		c.poll.wake()
	}
}

// closeNow closes a session on WebSocket with a close code and drops what
// waits: the client doesn't want it or can't be trusted with it.
func (c *Conn) closeNow(reason CloseReason, code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closed {
		return
	}
	if c.state != closing {
		c.state, c.reason = closing, reason
	}
	c.queue.drop(len(c.queue.frames))
	c.queueClose(code, lingerTime, true)
}

// queueClose puts a close frame behind what waits and bounds how long all that
// may take. Called with mu held.
func (c *Conn) queueClose(code int, bound time.Duration, wake bool) {
	c.srv.wheel.remove(c)
	c.queue.push(newCloseFrame(code))
	c.sock.conn.SetDeadline(time.Now().Add(bound))
	c.srv.poller.wake(c.sock)
	if wake {
		c.wake()
	}
}

func newCloseFrame(code int) *Frame {
	return &Frame{kind: kindLast, wire: ws.AppendClose(nil, code)}
}

// end ends the connection at once: what waits is dropped. A reason that was
// given to Close before stays.
func (c *Conn) end(reason CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endLocked(reason, verdictClose)
}

// endLocked is end; a poll that hangs gets the verdict.
func (c *Conn) endLocked(reason CloseReason, hanging verdict) {
	if c.state == closed {
		return
	}
	if c.state != closing {
		c.reason = reason
	}
	polling, accepted := c.sock == nil, c.state != opening
	c.state = closed
	c.markEnded()
	c.queue.discard()
	c.srv.wheel.remove(c)
	if c.probe != nil {
		c.probe.abort()
	}
	if c.poll != nil {
		c.poll.decide(hanging)
		c.poll = nil
	}
	if !polling {
		if !c.writing || c.waiting { // else see endWrite
			c.sock.abort() // its reader says Closed
		}
	} else if accepted {
		c.srv.tasks.start(c.finish)
	}
}

// markEnded closes done, once, and lets SendWait go. Called with mu held.
func (c *Conn) markEnded() {
	if c.ended {
		return
	}
	c.ended = true
	close(c.done)
}

// finish is the last act: on WebSocket of the reader, on polling of a
// goroutine of its own, since end may be called from the Receiver.
func (c *Conn) finish() {
	c.mu.Lock()
	c.markEnded()
	c.mu.Unlock()
	c.srv.forget(c)
	c.deliver.Lock()
	defer c.deliver.Unlock()
	c.recv.Closed(c.reason)
}
