package live

import (
	"maps"
	"sync"
	"sync/atomic"
)

type stats struct {
	recovered, unrecovered atomic.Int64

	mu      sync.Mutex
	reasons map[string]int64
}

func (s *stats) ended(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reasons == nil {
		s.reasons = map[string]int64{}
	}
	s.reasons[code]++
}

// Stats are counters for the metrics page.
type Stats struct {
	Sockets     int              // connected to this node now
	Recovered   int64            // connections that took up their session
	Unrecovered int64            // connections that asked to and could not
	Ended       map[string]int64 // by reason
}

// Stats tells the counters since the start.
func (l *Live) Stats() Stats {
	l.stats.mu.Lock()
	defer l.stats.mu.Unlock()
	return Stats{
		Sockets:     len(l.clients.all()),
		Recovered:   l.stats.recovered.Load(),
		Unrecovered: l.stats.unrecovered.Load(),
		Ended:       maps.Clone(l.stats.reasons),
	}
}
