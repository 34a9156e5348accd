package engineio

import (
	"context"
	"time"
)

// drainStep is how often Shutdown closes some more connections.
const drainStep = 10 * time.Millisecond

// Shutdown refuses new handshakes with 503 and Retry-After and closes the
// connections one after another over the given time, so that clients come back
// by themselves and not all at once. It waits until all have ended; once ctx is
// done the rest is closed at once, and its error returned. The Receiver must
// return for a connection to end.
func (s *Server) Shutdown(ctx context.Context, over time.Duration) error {
	conns := s.drain()
	reason := CloseReason{Code: ReasonShutdown, ComeBack: true}
	begin := time.Now()
	tick := time.NewTicker(drainStep)
	defer tick.Stop()
	for done := 0; done < len(conns) && ctx.Err() == nil; {
		upTo := len(conns)
		if passed := time.Since(begin); passed < over {
			upTo = int(int64(len(conns)) * int64(passed) / int64(over))
		}
		for ; done < upTo; done++ {
			conns[done].Close(reason)
		}
		if done < len(conns) {
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}
	select {
	case <-s.idle:
	case <-ctx.Done():
	}
	err := ctx.Err()
	s.halt(conns)
	return err
}

// Close closes all connections at once and waits for them.
func (s *Server) Close() error {
	s.halt(s.drain())
	return nil
}

// drain refuses new sessions from now on and returns those there are.
func (s *Server) drain() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*Conn, 0, len(s.sessions))
	for _, c := range s.sessions {
		conns = append(conns, c)
	}
	if !s.draining {
		s.draining = true
		if s.live == 0 {
			close(s.idle)
		}
	}
	return conns
}

// halt ends what is still there and waits for every goroutine of the server.
func (s *Server) halt(conns []*Conn) {
	for _, c := range conns {
		c.end(CloseReason{Code: ReasonShutdown, ComeBack: true})
	}
	<-s.idle
	s.stopOnce.Do(func() { close(s.stop); s.poller.close() })
	s.tasks.stop()
}
