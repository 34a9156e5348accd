package engineio

import (
	"errors"
	"net/http"
	"time"

	"github.com/agentportal/portal/engineio/internal/ws"
	"github.com/agentportal/portal/engineio/packet"
)

// openGap stands between the answer to a handshake and OPEN. Read together,
// a WebSocket library hands out both at once, and a client that awaits the
// first before it listens for the second never sees OPEN (EIO-15).
const openGap = 2 * time.Millisecond

// openWebSocket answers a handshake on WebSocket. OPEN goes out together with
// what Accept sends.
func (c *Conn) openWebSocket(w http.ResponseWriter, r *http.Request, extensions string) *failure {
	s, err := hijack(w, c.srv.cfg.MaxPayload, extensions != "")
	if err != nil {
		c.srv.cfg.Logger.Error("engineio: cannot take over the connection", "err", err)
		c.srv.drop(c)
		c.srv.countDown()
		return failTransport
	}
	hello := ws.AppendResponse(nil, r, extensions, c.responseHeader())
	if _, err := s.conn.Write(hello); err != nil {
		s.abort() // its reader finds out
	}
	opened := &Frame{kind: kindRaw, wire: ws.AppendFrame(nil, ws.Text, c.openPacket(nil))}
	c.mu.Lock()
	c.adopt(s)
	c.writing, c.waiting = true, true // until the gap is over
	c.queue.push(opened)
	c.mu.Unlock()
	if c.accept() {
		c.srv.tasks.start(func() {
			time.Sleep(openGap)
			c.mu.Lock()
			c.writing, c.waiting = false, false
			c.mu.Unlock()
			c.startReading(s)
		})
	}
	return nil
}

// adopt makes s the session's transport. Called with mu held.
func (c *Conn) adopt(s *socket) {
	c.sock, s.owner = s, c
	c.deflates.Store(s.deflates)
}

func (c *Conn) responseHeader() http.Header {
	if cookie := c.srv.cookie(c.id); cookie != "" {
		return http.Header{"Set-Cookie": {cookie}}
	}
	return nil
}

// startReading leaves a WebSocket to the poller, or else makes the caller its
// reader until the session ends.
func (c *Conn) startReading(s *socket) {
	if c.srv.poller.serves(s) {
		c.srv.poller.add(s)
		return
	}
	s.stays = true
	c.readPackets(s, nil)
}

// readPackets reads until the session ends or, under a worker, nothing more
// has come.
func (c *Conn) readPackets(s *socket, w *worker) {
	for {
		s.by = nil
		if s.in.Idle() && !s.stays {
			if s.drained && c.park(s) {
				return
			}
			s.by = w
		}
		op, data, err := s.in.Next()
		if err == nil {
			err = c.handleFrame(s, op, data)
		}
		if err == nil || err == errWouldBlock {
			continue
		}
		s.by = nil
		c.stopReading(s, err)
		return
	}
}

// park writes what the session has to say and leaves its WebSocket until more
// comes. A session that is about to end keeps its reader, which sees it through.
func (c *Conn) park(s *socket) bool {
	c.srv.flusher.help()
	c.flushNow()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != open || s.ending.Load() {
		s.stays = true
		return false
	}
	s.in.Release()
	s.drained = false
	return c.srv.poller.park(s)
}

var (
	// errClosedByClient ends reading: the client said that it closes.
	errClosedByClient = errors.New("engineio: closed by the client")
	// errExchanged ends reading: both sides have sent their close frame.
	errExchanged = errors.New("engineio: close frames exchanged")
)

// parseError is a message that is no packet.
type parseError struct{ error }

// clientClose is a client's close frame.
type clientClose struct{ code int }

func (e clientClose) Error() string { return errClosedByClient.Error() }

// handleFrame acts on one message or control frame.
func (c *Conn) handleFrame(s *socket, op ws.Opcode, data []byte) error {
	switch op {
	case ws.Text:
		p, err := packet.Decode(data)
		if err != nil {
			return parseError{err}
		}
		if p.Type == packet.Close {
			return errClosedByClient
		}
		return c.handle(p)
	case ws.Binary:
		c.receive(Message{Binary: true, Data: s.in.Keep(data)})
	case ws.Ping:
		pong := &Frame{kind: kindRaw, wire: ws.AppendFrame(nil, ws.Pong, data)}
		if err := c.Send(pong); err != nil && !errors.Is(err, ErrClosed) {
			return err
		}
	case ws.Close:
		return c.peerClosed(s, data)
	}
	return nil
}

// peerClosed notes a client's close frame.
func (c *Conn) peerClosed(s *socket, data []byte) error {
	code, err := ws.ParseClose(data)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.gotClose = true
	if s.sentClose {
		return errExchanged
	}
	return clientClose{code}
}

// stopReading ends the session for the reason that its reader had to stop.
func (c *Conn) stopReading(s *socket, err error) {
	var breach *ws.Error
	var parse parseError
	var bye clientClose
	switch {
	case errors.As(err, &breach):
		c.closeNow(broken(ReasonTransportError, err), breach.Code)
	case errors.As(err, &parse):
		c.closeNow(broken(ReasonParseError, parse.error), ws.CodePolicy)
	case errors.Is(err, errDirection):
		c.closeNow(broken(ReasonTransportError, err), ws.CodePolicy)
	case errors.Is(err, errClosedByClient):
		c.closeNow(CloseReason{Code: ReasonTransportClose}, ws.CodeNoStatus)
	case errors.As(err, &bye):
		meant := bye.code == ws.CodeNormal || bye.code == ws.CodeNoStatus
		c.closeNow(CloseReason{Code: ReasonTransportClose, ComeBack: !meant}, bye.code)
	default:
		c.end(lost(err))
		c.finish()
		return
	}
	c.flushNow()
	c.finish() // the application needn't wait for the client's last bytes
	s.discard()
	c.end(lost(err))
}
