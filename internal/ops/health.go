// Package ops is what the operators of an installation look at: whether it lives and can serve, its metrics, and,
// for a tenant's admins, the messages that could never be applied.
package ops

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/queue"
)

const (
	// elsewhere is how long after its start a node takes it that another one consumes: nodes try each second.
	elsewhere = 3 * time.Second
	// startEvery is how often a starting process looks whether its queues are consumed.
	startEvery = 20 * time.Millisecond
)

// Broker tells what the queue is like now.
type Broker interface {
	State() queue.State
}

// HealthConfig is what a Health looks at. Database and Broker are needed.
type HealthConfig struct {
	Database Database
	Broker   Broker
	// Queues are those that the process consumes.
	Queues []string
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Logger hears when the database stops to take changes, and when it does again; discarded if nil.
	Logger *slog.Logger
}

// Health answers for the process. It is safe for concurrent use.
type Health struct {
	broker Broker
	queues []string
	now    func() time.Time

	draining atomic.Bool
	started  atomic.Bool // was ready once: from then on the broker alone doesn't matter
	base     *base

	mu       sync.Mutex
	declared time.Time // since when the queues are known to exist
}

// NewHealth makes the health of a process.
func NewHealth(c HealthConfig) *Health {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Health{broker: c.Broker, queues: c.Queues, now: c.Now, base: newBase(c)}
}

// Run looks, whether or not anybody asks, until ctx is done, and returns nil: at the queues until the start is over,
// since a broker that goes away before the first question must not pass for one that was never there, and at the
// database all the time.
func (h *Health) Run(ctx context.Context) error {
	var looking sync.WaitGroup
	looking.Go(func() { h.awaitStart(ctx) })
	looking.Go(func() { h.base.watch(ctx) })
	looking.Wait()
	return nil
}

func (h *Health) awaitStart(ctx context.Context) {
	tick := time.NewTicker(startEvery)
	defer tick.Stop()
	for !h.begun(h.broker.State()) {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// begun tells whether the process was ready to consume once.
func (h *Health) begun(s queue.State) bool {
	if !h.started.Load() && h.consumed(s) {
		h.started.Store(true)
	}
	return h.started.Load()
}

// Drain makes the process not ready, for good.
func (h *Health) Drain() { h.draining.Store(true) }

// Serving tells why no new connection can be served for now; nil: it can. A herd that asks at once shares one look at
// the database.
func (h *Health) Serving() error {
	if h.draining.Load() {
		return portal.Errorf(portal.Unavailable, "shutting down")
	}
	return h.base.look().trouble()
}

// Trouble tells why nothing can be committed, as far as is known; nil: it can. It is quick and asks nobody.
func (h *Health) Trouble() error { return h.base.known().trouble() }

// Suspect has the database looked at soon, since something could not be committed.
func (h *Health) Suspect() { h.base.suspect() }

// Readiness is the body of /readyz.
type Readiness struct {
	Status   string           `json:"status"` // ready or unavailable
	Reason   string           `json:"reason,omitempty"`
	Database DatabaseState    `json:"database"`
	Broker   BrokerState      `json:"broker"`
	Queues   map[string]State `json:"queues"`
	Draining bool             `json:"draining"`
}

// DatabaseState tells whether the database answers, and whether it takes changes.
type DatabaseState struct {
	Connected bool `json:"connected"`
	Writable  bool `json:"writable"`
}

// BrokerState tells whether the broker, or the embedded queue, can be used. Its error isn't shown: the page is open
// to everyone.
type BrokerState struct {
	Connected bool      `json:"connected"`
	Since     time.Time `json:"since"`
}

// State is what this process does with a queue.
type State string

// The states: another node may be the one that consumes.
const (
	Consuming State = "consuming"
	Waiting   State = "waiting"
)

// Check looks at everything that serving needs. What was seen of the database half a second ago still counts.
func (h *Health) Check() Readiness {
	broker := h.broker.State()
	seen := h.base.look()
	r := Readiness{
		Status:   "unavailable",
		Database: DatabaseState{Connected: seen.away == nil, Writable: seen.trouble() == nil},
		Broker:   BrokerState{Connected: broker.Connected, Since: broker.Since.UTC()},
		Queues:   map[string]State{},
		Draining: h.draining.Load(),
	}
	for _, name := range h.queues {
		r.Queues[name] = Waiting
		if broker.Consuming[name] {
			r.Queues[name] = Consuming
		}
	}
	begun := h.begun(broker)
	switch {
	case r.Draining:
		r.Reason = "shutting down"
	case !r.Database.Writable:
		r.Reason = seen.words()
	case !begun:
		r.Reason = "the queues aren't consumed yet"
	default:
		r.Status = "ready"
	}
	return r
}

// consumed tells whether every queue exists and has a consumer, here or on another node.
func (h *Health) consumed(s queue.State) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !s.Connected || !s.Declared {
		h.declared = time.Time{}
		return false
	}
	if h.declared.IsZero() {
		h.declared = h.now()
	}
	other := h.now().Sub(h.declared) >= elsewhere
	for _, name := range h.queues {
		here, asked := s.Consuming[name]
		if !asked || (!here && !other) {
			return false
		}
	}
	return true
}

// Live answers /healthz: the process runs. It asks nobody, so that a broken database doesn't get it restarted.
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// Ready answers /readyz: the process should get traffic.
func (h *Health) Ready(w http.ResponseWriter, _ *http.Request) {
	state := h.Check()
	status := http.StatusOK
	if state.Status != "ready" {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, status, state)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "can't be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a prober that went away is nobody's problem
}
