package live

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/agentportal/portal/engineio"
)

type stats struct {
	recovered          atomic.Int64
	unrecovered, ended counts
}

// newStats counts what operators watch from 0 on, rather than from the first.
func newStats() *stats {
	s := &stats{unrecovered: counts{by: map[string]int64{}}, ended: counts{by: map[string]int64{engineio.ReasonSlow: 0}}}
	for _, why := range []lost{lostUnknown, lostForeign, lostPosition, lostTrimmed, lostTooMany} {
		s.unrecovered.by[string(why)] = 0
	}
	return s
}

// counts are counters by reason.
type counts struct {
	mu sync.Mutex
	by map[string]int64
}

func (c *counts) add(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by[reason]++
}

func (c *counts) all() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.by)
}

// Stats are counters for the metrics page.
type Stats struct {
	Sockets     int              // connected to this node now
	Recovered   int64            // connections that took up their session
	Unrecovered map[string]int64 // connections that asked to and could not, by reason
	Ended       map[string]int64 // by reason
	Lag         int64            // events committed and not yet handed to sockets, of the tenant furthest behind
}

// Stats tells the counters since the start.
func (l *Live) Stats() Stats {
	return Stats{
		Sockets:     len(l.clients.all()),
		Recovered:   l.stats.recovered.Load(),
		Unrecovered: l.stats.unrecovered.all(),
		Ended:       l.stats.ended.all(),
		Lag:         l.relay.Lag(),
	}
}
