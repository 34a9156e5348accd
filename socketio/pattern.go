package socketio

import "context"

// Pattern stands for the namespaces whose names it matches. Each is made when a
// first client asks for it and goes with its last.
type Pattern struct {
	srv   *Server
	match func(name string) bool
	own   hooks
}

// OfPattern makes namespaces on demand: match says whether a name that no
// namespace has is one of them (regexp.Regexp's MatchString serves). It is
// called with the server's lock held and must not block. The first pattern that
// matches counts.
func (s *Server) OfPattern(match func(name string) bool) *Pattern {
	p := &Pattern{srv: s, match: match}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.patterns = append(s.patterns, p)
	return p
}

// Use adds a middleware to all its namespaces; see Namespace.Use.
func (p *Pattern) Use(fn func(ctx context.Context, s *Socket) error) { p.own.use(fn) }

// OnConnection adds a function that gets every new socket of its namespaces.
func (p *Pattern) OnConnection(fn func(ctx context.Context, s *Socket)) { p.own.onConnection(fn) }

// On adds a handler of an event for all sockets of its namespaces.
func (p *Pattern) On(event string, fn Handler) { p.own.on(event, fn) }

// Emit sends an event to all sockets of its namespaces.
func (p *Pattern) Emit(event string, args ...any) error {
	for _, n := range p.Namespaces() {
		if err := n.Emit(event, args...); err != nil {
			return err
		}
	}
	return nil
}

// Namespaces are those that there are now.
func (p *Pattern) Namespaces() []*Namespace {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	var out []*Namespace
	for _, n := range p.srv.spaces {
		if n.pattern == p {
			out = append(out, n)
		}
	}
	return out
}
