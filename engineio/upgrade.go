package engineio

import (
	"errors"
	"net/http"
	"time"

	"github.com/agentportal/portal/engineio/internal/ws"
	"github.com/agentportal/portal/engineio/packet"
)

// serveUpgrade takes a WebSocket for a session that is on polling. One that
// has no place is opened all the same and then closed, since a browser tells
// its page nothing of a refused handshake; the session lives on (EIO-44).
func (c *Conn) serveUpgrade(w http.ResponseWriter, r *http.Request, extensions string) *failure {
	s, err := hijack(w, c.srv.cfg.MaxPayload, extensions != "")
	if err != nil {
		c.srv.cfg.Logger.Error("engineio: cannot take over the connection", "err", err)
		return failTransport
	}
	hello := ws.AppendResponse(nil, r, extensions, nil)
	if !c.srv.tasks.start(func() { c.upgrade(s, hello) }) {
		s.abort()
	}
	return nil
}

// upgrade is the goroutine of a WebSocket that wants to become a session's.
func (c *Conn) upgrade(s *socket, hello []byte) {
	_ = s.conn.SetDeadline(time.Now().Add(c.srv.cfg.UpgradeTimeout))
	if !c.beginProbe(s) {
		s.refuse(hello)
		return
	}
	_, err := s.conn.Write(hello)
	if err == nil {
		err = c.awaitUpgrade(s)
	}
	if err != nil {
		c.endProbe(s)
		s.refuse(nil)
		return
	}
	c.startReading(s)
}

// refuse closes a WebSocket that is no session's.
func (s *socket) refuse(hello []byte) {
	_ = s.conn.SetDeadline(time.Now().Add(lingerTime))
	if _, err := s.conn.Write(ws.AppendClose(hello, ws.CodeNormal)); err == nil {
		s.lastWritten()
		s.discard()
	}
	s.abort()
}

// beginProbe makes s the one WebSocket that may become the session's.
func (c *Conn) beginProbe(s *socket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closed || c.sock != nil || c.probe != nil {
		return false
	}
	c.probe = s
	return true
}

// endProbe gives an upgrade up: the session goes on with polling.
func (c *Conn) endProbe(s *socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.probe != s {
		return
	}
	c.probe, c.probed = nil, false
	if c.poll != nil {
		c.poll.wake()
	}
}

var errNoUpgrade = errors.New("engineio: not an upgrade")

// awaitUpgrade carries the exchange up to "5". An error leaves the session on
// polling.
func (c *Conn) awaitUpgrade(s *socket) error {
	for {
		op, data, err := s.in.Next()
		if err != nil {
			return err
		}
		switch op {
		case ws.Ping:
			if _, err := s.conn.Write(ws.AppendFrame(nil, ws.Pong, data)); err != nil {
				return err
			}
			continue
		case ws.Pong:
			continue
		case ws.Binary, ws.Close:
			return errNoUpgrade
		}
		p, err := packet.Decode(data)
		switch {
		case err != nil:
			return err
		case p.Type == packet.Ping && string(p.Data) == packet.Probe:
			if err := c.answerProbe(s); err != nil {
				return err
			}
		case p.Type == packet.Upgrade:
			return c.completeUpgrade(s)
		default:
			return errNoUpgrade
		}
	}
}

// answerProbe answers "2probe" and ends the poll that hangs, so that the
// client can stop polling. A poll that came after the WebSocket was opened may
// have overtaken "5": it is held like one that comes now.
func (c *Conn) answerProbe(s *socket) error {
	c.mu.Lock()
	c.probed = true
	switch {
	case c.poll == nil:
	case c.poll.probing:
		c.poll.wake()
	default:
		c.poll.decide(verdictNoop)
		c.poll = nil
	}
	c.mu.Unlock()
	_, err := s.conn.Write(ws.AppendFrame(nil, ws.Text, packet.Append(nil, packet.Packet{Type: packet.Pong, Data: []byte(packet.Probe)})))
	return err
}

// completeUpgrade makes s the session's transport. What waited for a poll is
// sent by its reader.
func (c *Conn) completeUpgrade(s *socket) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closed || !c.probed {
		return errNoUpgrade
	}
	_ = s.conn.SetDeadline(time.Time{})
	c.adopt(s)
	c.probe, c.probed = nil, false
	if c.poll != nil {
		c.poll.decide(verdictGone)
		c.poll = nil
	}
	if c.state == closing { // Close was waiting for a poll
		c.queueClose(ws.CodeNoStatus, flushTime, false)
	}
	c.srv.stats.upgrades.Add(1)
	return nil
}
