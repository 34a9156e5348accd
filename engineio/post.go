package engineio

import (
	"errors"
	"io"
	"net/http"

	"github.com/agentportal/portal/engineio/packet"
)

var (
	errOverlap   = errors.New("engineio: overlapping requests")
	errDirection = errors.New("engineio: packet that only a server sends")
	errTooLarge  = errors.New("engineio: body too large")
)

// firstRead is what is allocated for a body at first, in bytes.
const firstRead = 4096

// servePost takes a POST of a session on polling.
func (c *Conn) servePost(w http.ResponseWriter, r *http.Request) {
	m := c.markOf(r)
	again, fail := c.beginPost(m)
	if fail != nil {
		fail.write(w)
		return
	}
	defer c.endPost()
	body, err := readBody(r, c.srv.cfg.MaxPayload)
	if err != nil {
		if errors.Is(err, errTooLarge) {
			w.Header().Set("Connection", "close") // else net/http reads on
			failTooLarge.write(w)
			return
		}
		c.end(broken(ReasonTransportError, err))
		failTransport.write(w)
		return
	}
	if !again {
		if reason, ok := c.receivePayload(body); !ok {
			c.end(reason)
			failTransport.write(w)
			return
		}
		c.delivered(m)
	}
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, "ok")
}

// beginPost lets a POST in, or refuses it. One that was delivered before is only
// to be answered again.
func (c *Conn) beginPost(m mark) (again bool, fail *failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state == closed:
		return false, failSession
	case c.sock != nil:
		return false, failTransport
	case c.posting: // EIO-23
		c.endLocked(broken(ReasonTransportError, errOverlap), verdictClose)
		return false, failTransport
	}
	c.posting = true
	again = m != 0 && m == c.asked.posted
	return again, nil
}

func (c *Conn) delivered(m mark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked.posted = m
}

func (c *Conn) endPost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posting = false
}

// readBody reads a body of up to limit bytes. An announced excess is refused
// before anything is read, and memory is taken only as bytes arrive.
func readBody(r *http.Request, limit int) ([]byte, error) {
	if r.ContentLength > int64(limit) {
		return nil, errTooLarge
	}
	size := firstRead
	if r.ContentLength >= 0 && r.ContentLength < firstRead {
		size = int(r.ContentLength) + 1 // room to see the end
	}
	body := make([]byte, 0, size)
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if len(body) > limit {
			return nil, errTooLarge
		}
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// receivePayload delivers the packets of a POST. Not ok: the reason is to end
// the session.
func (c *Conn) receivePayload(body []byte) (reason CloseReason, ok bool) {
	if err := packet.CheckPayload(body); err != nil {
		return broken(ReasonParseError, err), false
	}
	for more := true; more; {
		var p packet.Packet
		var err error
		if p, body, more, err = packet.Next(body); err != nil {
			return broken(ReasonParseError, err), false
		}
		if p.Type == packet.Close {
			c.clientClosed()
			return CloseReason{}, true
		}
		if err := c.handle(p); err != nil {
			return broken(ReasonTransportError, err), false
		}
	}
	return CloseReason{}, true
}

// clientClosed ends a polling session by its client's wish. The poll that
// hangs gets a noop; if none does, the one that is on its way (EIO-22).
func (c *Conn) clientClosed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closed {
		return
	}
	if c.poll == nil {
		c.farewell = true
	}
	c.endLocked(CloseReason{Code: ReasonTransportClose}, verdictNoop)
	if c.farewell {
		c.srv.wheel.schedule(c, lingerTime)
	}
}

// handle acts on a packet of an open session, of either transport. An error is
// the client's breach of the protocol.
func (c *Conn) handle(p packet.Packet) error {
	switch p.Type {
	case packet.Message:
		c.receive(Message{Binary: p.Binary, Data: p.Data})
	case packet.Pong:
		c.pong()
	case packet.Noop:
	default:
		return errDirection
	}
	return nil
}
