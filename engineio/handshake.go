package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"maps"
	"net/http"
	"strings"

	"github.com/agentportal/portal/engineio/internal/ws"
	"github.com/agentportal/portal/engineio/packet"
)

// newID makes 20 URL-safe characters from 120 random bits.
func newID() string {
	var b [15]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// newHandshake keeps of a request what its session may want to know, and
// nothing that holds on to net/http's memory.
func newHandshake(r *http.Request) Handshake {
	header := maps.Clone(r.Header)
	maps.DeleteFunc(header, func(name string, _ []string) bool {
		return name == "Connection" || name == "Upgrade" || strings.HasPrefix(name, "Sec-Websocket-")
	})
	return Handshake{URL: r.URL, Header: header, Host: r.Host, RemoteAddr: r.RemoteAddr}
}

// serveHandshake opens a session.
func (s *Server) serveHandshake(w http.ResponseWriter, r *http.Request, transport string) *failure {
	if r.Method != http.MethodGet {
		return failMethod
	}
	var extensions string
	if transport == WebSocket {
		var fail *failure
		if extensions, fail = s.checkWebSocket(r); fail != nil {
			return fail
		}
	}
	if s.cfg.AllowRequest != nil {
		if err := s.cfg.AllowRequest(r); err != nil {
			return refused(err)
		}
	}
	c := newConn(s, r)
	if !s.add(c) {
		return failDraining
	}
	s.stats.handshakes.Add(1)
	if transport == WebSocket {
		return c.openWebSocket(w, r, extensions)
	}
	c.openPolling(w)
	return nil
}

// checkWebSocket refuses a request that can't open a WebSocket, or returns the
// extensions to answer it with; none: no compression.
func (s *Server) checkWebSocket(r *http.Request) (extensions string, fail *failure) {
	if !ws.IsUpgrade(r) || !ws.Valid(r) {
		return "", failTransport
	}
	if s.cfg.CompressFrom <= 0 {
		return "", nil
	}
	extensions, err := ws.NegotiateDeflate(r.Header)
	if err != nil {
		return "", failTransport
	}
	return extensions, nil
}

// openPolling answers a handshake on polling. That answer is not a poll: it
// carries nothing but OPEN.
func (c *Conn) openPolling(w http.ResponseWriter) {
	if !c.accept() {
		failSession.write(w)
		return
	}
	if cookie := c.srv.cookie(c.id); cookie != "" {
		w.Header().Add("Set-Cookie", cookie)
	}
	if err := writePayload(w, c.openPacket(c.srv.cfg.upgrades())); err != nil {
		c.end(lost(err))
	}
}

// accept hands the session to the application and starts its heartbeat. It
// returns false if the session has ended meanwhile.
func (c *Conn) accept() bool {
	c.recv = c.srv.cfg.Accept(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.state {
	case opening:
		c.state = open
		c.startBeat()
		return true
	case closing: // flushes what waits, then closes
		return true
	default:
		c.srv.tasks.start(c.finish)
		return false
	}
}

func (c *Conn) openPacket(upgrades []string) []byte {
	cfg := &c.srv.cfg
	return packet.AppendOpen(nil, packet.Handshake{
		SID:          c.id,
		Upgrades:     upgrades,
		PingInterval: cfg.PingInterval,
		PingTimeout:  cfg.PingTimeout,
		MaxPayload:   cfg.MaxPayload,
	})
}

// cookie is the Set-Cookie line for a session; empty: none is wanted.
func (s *Server) cookie(sid string) string {
	if s.cfg.Cookie == nil {
		return ""
	}
	cookie := *s.cfg.Cookie
	cookie.Value = sid
	return cookie.String()
}

// writePayload answers a request on polling with 200.
func writePayload(w http.ResponseWriter, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("Cache-Control", "no-store")
	_, err := w.Write(body)
	return err
}
