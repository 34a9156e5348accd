package socketio

import (
	"fmt"
	"sync"
	"time"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio/packet"
)

// client is one connection and its sockets, at most one a namespace. It is the
// connection's Receiver.
type client struct {
	srv  *Server
	conn *engineio.Conn
	dec  packet.Decoder

	mu     sync.Mutex
	main   *Socket // of "/", what most clients have only
	others map[string]*Socket
	// left are the namespaces that a socket of this connection has ended in:
	// packets for them may still be on their way.
	left   map[string]struct{}
	timer  *time.Timer // ends a connection that joins nothing
	joined bool
	ended  bool
}

// accept is called by engineio for every new connection.
func (s *Server) accept(conn *engineio.Conn) engineio.Receiver {
	c := &client{srv: s, conn: conn, dec: packet.Decoder{MaxAttachments: s.cfg.MaxAttachments}}
	c.mu.Lock()
	c.timer = time.AfterFunc(s.cfg.ConnectTimeout, c.timeOut)
	c.mu.Unlock()
	return c
}

// Receive implements engineio.Receiver.
func (c *client) Receive(m engineio.Message) {
	var p packet.Packet
	var whole bool
	var err error
	if m.Binary {
		p, whole, err = c.dec.Binary(m.Data)
	} else {
		p, whole, err = c.dec.Text(m.Data)
	}
	if err != nil {
		c.violation(err)
		return
	}
	if whole {
		c.dispatch(p)
	}
}

// dispatch hands a packet to its socket.
func (c *client) dispatch(p packet.Packet) {
	s, left, ended := c.find(p.Namespace)
	switch {
	case ended:
	case s == nil && p.Type == packet.Connect:
		c.connect(p)
	case s == nil && left:
		// On its way when the server ended the socket.
	case s != nil && p.Type == packet.Event:
		s.receive(p)
	case s != nil && p.Type == packet.Ack:
		s.acks.resolve(p)
	case s != nil && p.Type == packet.Disconnect:
		s.end(DisconnectReason{Code: ReasonClient}, true)
	default:
		c.violation(fmt.Errorf("packet of type %d for namespace %q out of place", p.Type, p.Namespace))
	}
}

// Closed implements engineio.Receiver.
func (c *client) Closed(reason engineio.CloseReason) { c.end(fromEngine(reason), true) }

// violation closes the connection of a client that breaks the protocol.
func (c *client) violation(err error) {
	c.close(DisconnectReason{Code: ReasonParse, Err: err, ComeBack: true})
}

// close closes the transport, at once for the sockets and after flushing what
// is queued for the client. The transport comes first: a socket that had left
// its rooms and could still send would answer as if it had been sent everything
// that its rooms get.
func (c *client) close(reason DisconnectReason) {
	c.conn.Close(reason.engine())
	c.end(reason, false)
}

// disconnect ends all sockets with DISCONNECT packets, then the transport.
func (c *client) disconnect() {
	for _, s := range c.sockets() {
		s.Disconnect()
	}
	c.close(DisconnectReason{Code: ReasonServer})
}

// end ends all sockets. onReader says that the caller is the connection's reader.
func (c *client) end(reason DisconnectReason, onReader bool) {
	c.mu.Lock()
	c.ended = true
	c.stopTimer()
	c.mu.Unlock()
	for _, s := range c.sockets() {
		s.end(reason, onReader)
	}
}

func (c *client) sockets() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	sockets := make([]*Socket, 0, 1+len(c.others))
	if c.main != nil {
		sockets = append(sockets, c.main)
	}
	for _, s := range c.others {
		sockets = append(sockets, s)
	}
	return sockets
}

// timeOut ends a connection that has joined no namespace.
func (c *client) timeOut() {
	c.mu.Lock()
	late := !c.joined && !c.ended
	c.mu.Unlock()
	if late {
		c.close(DisconnectReason{Code: ReasonTimeout, ComeBack: true})
	}
}

// find is the socket in a namespace, or whether there was one.
func (c *client) find(namespace string) (s *Socket, left, ended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if namespace == "/" {
		s = c.main
	} else {
		s = c.others[namespace]
	}
	_, left = c.left[namespace]
	return s, left, c.ended
}

// add keeps a socket that is connecting; false: the connection has ended, or is
// in too many namespaces.
func (c *client) add(s *Socket) (added, full bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || len(c.others)+len(c.left) >= c.srv.cfg.MaxNamespaces {
		return false, !c.ended
	}
	if s.ns.name == "/" {
		c.main = s
		return true, false
	}
	if c.others == nil {
		c.others = make(map[string]*Socket)
	}
	c.others[s.ns.name] = s
	return true, false
}

// keep notes that a socket has joined its namespace.
func (c *client) keep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.joined = true
	c.stopTimer()
}

func (c *client) stopTimer() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// remove forgets a socket that has ended.
func (c *client) remove(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	if c.left == nil {
		c.left = make(map[string]struct{})
	}
	c.left[s.ns.name] = struct{}{}
	if c.main == s {
		c.main = nil
	}
	if c.others[s.ns.name] == s {
		delete(c.others, s.ns.name)
	}
}
