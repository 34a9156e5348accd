package engineio

import (
	"hash/maphash"
	"net/http"
	"sync"
)

// Server is an Engine.IO server. Its methods are safe for concurrent use.
type Server struct {
	cfg       Config
	wheel     *wheel
	flusher   *flusher
	poller    *poller
	stats     stats
	pingFrame *Frame
	marks     maphash.Seed

	tasks    tasks
	stop     chan struct{} // closed to end the wheel
	stopOnce sync.Once

	mu       sync.Mutex
	sessions map[string]*Conn // also those closed by their client, for a moment
	live     int              // sessions not yet finished
	draining bool             // no new session is taken
	idle     chan struct{}    // closed when draining and nothing is live
}

// NewServer makes a server. It must be ended with Shutdown or Close.
func NewServer(cfg Config) *Server {
	s := &Server{
		cfg:       cfg.withDefaults(),
		pingFrame: newPingFrame(),
		marks:     maphash.MakeSeed(),
		stop:      make(chan struct{}),
		sessions:  make(map[string]*Conn),
		idle:      make(chan struct{}),
	}
	s.wheel = newWheel(&s.cfg, &s.tasks, s.stop)
	s.flusher = newFlusher(&s.tasks)
	s.poller = newPoller(&s.tasks)
	return s
}

// Len is the number of open connections.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

// ServeHTTP serves every request of the protocol, whatever its path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.checkOrigin(w, r) {
		s.stats.refused.Add(1)
		failForbidden.write(w)
		return
	}
	if r.Method == http.MethodOptions {
		servePreflight(w, r)
		return
	}
	query := r.URL.Query()
	transport, sid := query.Get("transport"), query.Get("sid")
	var fail *failure
	switch {
	case !s.cfg.allows(transport):
		fail = failTransportName
	case query.Get("EIO") != "4":
		fail = failVersion
	case sid == "":
		fail = s.serveHandshake(w, r, transport)
	default:
		fail = s.serveSession(w, r, transport, sid)
	}
	if fail != nil {
		s.stats.refused.Add(1)
		fail.write(w)
	}
}

// serveSession serves a request that names a session.
func (s *Server) serveSession(w http.ResponseWriter, r *http.Request, transport, sid string) *failure {
	c := s.session(sid)
	if c == nil {
		return failSession
	}
	switch {
	case transport == WebSocket:
		extensions, fail := s.checkWebSocket(r)
		if fail != nil {
			return fail
		}
		return c.serveUpgrade(w, r, extensions)
	case r.Method == http.MethodGet:
		c.servePoll(w, r)
	case r.Method == http.MethodPost:
		c.servePost(w, r)
	default:
		return failTransport
	}
	return nil
}

func (s *Server) session(sid string) *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[sid]
}

// add takes a new session, unless the server is draining.
func (s *Server) add(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	s.sessions[c.id] = c
	s.live++
	return true
}

// forget lets a finished session go. One that was closed by its client is
// still found until its last poll has been answered, see drop.
func (s *Server) forget(c *Conn) {
	c.mu.Lock()
	farewell, reason := c.farewell, c.reason
	c.mu.Unlock()
	if !farewell {
		s.drop(c)
	}
	s.stats.count(reason)
	s.countDown()
}

// drop makes a session's id unknown.
func (s *Server) drop(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, c.id)
}

func (s *Server) countDown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live--
	if s.draining && s.live == 0 {
		close(s.idle)
	}
}
