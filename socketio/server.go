package socketio

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/agentportal/portal/engineio"
)

// Server is a Socket.IO server. Its methods are safe for concurrent use.
type Server struct {
	cfg    Config
	engine *engineio.Server
	crew   crew

	mu       sync.Mutex
	spaces   map[string]*Namespace
	patterns []*Pattern
}

// NewServer makes a server with the namespace "/". It must be ended with
// Shutdown or Close.
func NewServer(cfg Config) *Server {
	s := &Server{cfg: cfg.withDefaults(), spaces: make(map[string]*Namespace)}
	s.cfg.Engine.Accept = s.accept
	if s.cfg.Engine.Logger == nil {
		s.cfg.Engine.Logger = s.cfg.Logger
	}
	s.engine = engineio.NewServer(s.cfg.Engine)
	s.Of("/")
	return s
}

// ServeHTTP serves every request of the protocol; mount it at /socket.io/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Len is the number of open connections.
func (s *Server) Len() int { return s.engine.Len() }

// Stats returns the connections' counters, those closed as slow among them.
func (s *Server) Stats() engineio.Stats { return s.engine.Stats() }

// Shutdown refuses new handshakes with 503 and Retry-After, and closes the
// transports one after another over the given time, so that clients come back
// by themselves and not all at once. It waits for the connections and for what
// runs for them until ctx is done.
func (s *Server) Shutdown(ctx context.Context, over time.Duration) error {
	err := s.engine.Shutdown(ctx, over)
	return errors.Join(err, s.crew.wait(ctx), s.closeAdapters())
}

// Close closes all connections at once and waits for them and what runs for them.
func (s *Server) Close() error {
	err := s.engine.Close()
	return errors.Join(err, s.crew.wait(context.Background()), s.closeAdapters())
}

func (s *Server) closeAdapters() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, n := range s.spaces {
		errs = append(errs, n.adapter.Close())
	}
	return errors.Join(errs...)
}

// Of is the namespace of that name, made on first use; "/" is the default, and
// a missing first slash is added. It stays for the server's life.
func (s *Server) Of(name string) *Namespace {
	if name == "" || name[0] != '/' {
		name = "/" + name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.spaces[name]
	if n == nil {
		n = newNamespace(s, name, nil)
		s.spaces[name] = n
	}
	n.users++ // never given back
	return n
}

// enter finds the namespace that a client asks for, or makes it when a pattern
// takes its name. It counts one user, which leave gives back.
func (s *Server) enter(name string) *Namespace {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.spaces[name]
	for i := 0; n == nil && i < len(s.patterns); i++ {
		if p := s.patterns[i]; p.match(name) {
			n = newNamespace(s, name, p)
			s.spaces[name] = n
		}
	}
	if n != nil {
		n.users++
	}
	return n
}

// leave gives back a user; the last one ends a namespace made by a pattern.
func (s *Server) leave(n *Namespace) {
	s.mu.Lock()
	n.users--
	gone := n.users == 0
	if gone {
		delete(s.spaces, n.name)
	}
	s.mu.Unlock()
	if gone {
		if err := n.adapter.Close(); err != nil {
			s.cfg.Logger.Warn("socketio: closing an adapter", "namespace", n.name, "error", err)
		}
	}
}

// crew counts goroutines, so that the end of the server can wait for them. Unlike
// a sync.WaitGroup it may be waited for while new ones start.
type crew struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n falls to 0; nil: nobody waits
}

// run runs fn on a goroutine of its own.
func (c *crew) run(fn func()) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	go func() {
		defer c.done()
		fn()
	}()
}

func (c *crew) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n--
	if c.n == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

func (c *crew) wait(ctx context.Context) error {
	c.mu.Lock()
	if c.n == 0 {
		c.mu.Unlock()
		return nil
	}
	if c.idle == nil {
		c.idle = make(chan struct{})
	}
	idle := c.idle
	c.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
