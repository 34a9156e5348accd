// Package simulate plays Meta, the customers and their phones, for demos and tests. It reaches the portal only
// through its outer doors: signed webhooks in, and a Graph API over HTTP that the portal's sender calls.
//
// Customers write about what people write to companies about, in several languages and scripts, send a picture
// or a place now and then, and answer agents. Their phones report what they get as sent, delivered and read.
// A message of an agent that begins with "/fail" is reported as undeliverable, so that one can look at that.
//
// Choices follow a seed; ids are random, so that a second run against the same portal repeats none.
package simulate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Tenant is a company that customers write to, as its channel is set up in the portal.
type Tenant struct {
	ID, PhoneNumberID, DisplayPhoneNumber string
	AccessToken, AppSecret                string
}

// Config says what to play. Tenants are needed.
type Config struct {
	Tenants []Tenant
	// GraphAddr is where the simulated Graph API listens. If empty, 127.0.0.1:8090 where that is free, so that the
	// pictures of earlier runs are found again, else a free port.
	GraphAddr string
	// Customers is how many each tenant has; 12 if 0.
	Customers int
	// Rate is how many messages customers write in a second without being asked, over all tenants; 0.5 if 0,
	// none if negative. Answers to agents come beside that.
	Rate float64
	// Seed makes the choices of two runs the same.
	Seed uint64
	// Pace is how much faster than life phones report and customers answer; 1 if 0.
	Pace float64
	// Faults are what goes wrong at the provider; nothing if zero.
	Faults Faults
	// Log gets what goes wrong here; discarded if nil.
	Log *slog.Logger
}

// Faults are probabilities, from 0 to 1, of what the real provider does too.
type Faults struct {
	Busy        float64 // a send is answered 503 or 429
	Lost        float64 // a send is taken, but its answer never comes
	Undelivered float64 // a message is reported failed, 131026
	Repeated    float64 // a report or message comes twice
	Late        float64 // delivered is reported after read
}

// Stats count what has happened so far.
type Stats struct {
	Written  int64 // messages of customers that the portal has taken
	Received int64 // messages of agents that the provider has taken
	Reported int64 // reports that the portal has taken
	Retried  int64 // webhooks that had to be sent again
}

// Simulator plays until told to stop.
type Simulator struct {
	cfg      Config
	listener net.Listener
	time     *timeline
	portal   *portal

	mu     sync.Mutex // guards what follows
	random *rand.Rand
	cast   *cast
	stats  Stats
}

// New listens, so that the portal can be started with [Simulator.GraphURL]; [Simulator.Run] answers.
func New(cfg Config) (*Simulator, error) {
	if len(cfg.Tenants) == 0 {
		return nil, errors.New("simulate: no tenants to play for")
	}
	if cfg.Customers <= 0 {
		cfg.Customers = 12
	}
	if cfg.Rate == 0 {
		cfg.Rate = 0.5
	}
	if cfg.Pace <= 0 {
		cfg.Pace = 1
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	books, err := readBooks()
	if err != nil {
		return nil, err
	}
	listener, err := listen(cfg.GraphAddr)
	if err != nil {
		return nil, fmt.Errorf("simulated Graph API: %w", err)
	}
	s := &Simulator{
		cfg: cfg, listener: listener, time: newTimeline(),
		random: rand.New(rand.NewPCG(cfg.Seed, 0)), //nolint:gosec // choices of a play, not secrets
	}
	s.cast = newCast(books, cfg.Tenants, cfg.Customers)
	return s, nil
}

func listen(addr string) (net.Listener, error) {
	if addr != "" {
		return net.Listen("tcp", addr)
	}
	if l, err := net.Listen("tcp", "127.0.0.1:8090"); err == nil {
		return l, nil
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// GraphURL is where the simulated Graph API is, for PORTAL_GRAPH_URL.
func (s *Simulator) GraphURL() string { return "http://" + s.listener.Addr().String() }

// Run plays against the portal at that address until ctx is done; it waits while the portal is away. It may be
// called once.
func (s *Simulator) Run(ctx context.Context, portalURL string) error {
	s.portal = newPortal(strings.TrimRight(portalURL, "/"), s)
	server := &http.Server{Handler: s.graphAPI(), ReadHeaderTimeout: 5 * time.Second}
	var running sync.WaitGroup
	served := make(chan error, 1)
	running.Go(func() { served <- server.Serve(s.listener) })
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running.Go(func() { s.time.run(ctx) })
	running.Go(func() { s.write(ctx) })
	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
		cancel()
	}
	_ = server.Close() // its error is the listener's, which is closed either way
	running.Wait()
	s.portal.client.CloseIdleConnections()
	return err
}

// Close gives up a simulator that is not going to run.
func (s *Simulator) Close() error { return s.listener.Close() }

// Stats tell what has happened so far.
func (s *Simulator) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// write lets customers write at the rate, at irregular times.
func (s *Simulator) write(ctx context.Context) {
	if s.cfg.Rate < 0 {
		return
	}
	for {
		s.mu.Lock()
		wait := time.Duration(min(s.random.ExpFloat64(), 5) / s.cfg.Rate * float64(time.Second))
		s.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
			s.speak(s.someone())
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// someone is a customer, the first few of each tenant more often than the others.
func (s *Simulator) someone() *customer {
	s.mu.Lock()
	defer s.mu.Unlock()
	tenant := s.random.IntN(len(s.cfg.Tenants))
	number := int(float64(s.cfg.Customers) * s.random.Float64() * s.random.Float64())
	return s.cast.customer(tenant, number)
}

// soon is a time of life between two, at the set pace. s.mu is held.
func (s *Simulator) soon(from, to time.Duration) time.Duration {
	d := from + time.Duration(s.random.Int64N(int64(to-from)+1))
	return time.Duration(float64(d) / s.cfg.Pace)
}

// chance is true with a probability. s.mu is held.
func (s *Simulator) chance(probability float64) bool { return s.random.Float64() < probability }

func (s *Simulator) count(change func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.stats)
}
