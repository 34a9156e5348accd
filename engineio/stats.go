package engineio

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Stats are a server's counters since its start, except for Open.
type Stats struct {
	Open       int               // sessions now
	Handshakes uint64            // sessions opened
	Refused    uint64            // requests answered with a failure
	Upgrades   uint64            // from polling to WebSocket
	Dropped    uint64            // volatile sends that were dropped
	Compressed uint64            // messages compressed, a broadcast counting once
	Closed     map[string]uint64 // sessions ended, by CloseReason.Code
}

type stats struct {
	handshakes, refused, upgrades, dropped, compressed atomic.Uint64

	mu     sync.Mutex
	closed map[string]uint64
}

func (s *stats) count(reason CloseReason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed == nil {
		s.closed = make(map[string]uint64)
	}
	s.closed[reason.Code]++
}

func (s *stats) countCompressed() { s.compressed.Add(1) }

// Stats returns the server's counters.
func (s *Server) Stats() Stats {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	return Stats{
		Open:       s.Len(),
		Handshakes: s.stats.handshakes.Load(),
		Refused:    s.stats.refused.Load(),
		Upgrades:   s.stats.upgrades.Load(),
		Dropped:    s.stats.dropped.Load(),
		Compressed: s.stats.compressed.Load(),
		Closed:     maps.Clone(s.stats.closed),
	}
}
