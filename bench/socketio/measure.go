package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The figures that are taken of every peer.
const (
	connectCPU   = "connect"    // ms per connect
	memory       = "memory"     // KiB per connection
	bigCPU       = "big"        // CPU s per million deliveries, room of 10,000
	bigPeak      = "peak"       // MiB
	smallCPU     = "small"      // µs per broadcast, rooms of three
	smallRate    = "small rate" // broadcasts a second
	oneCPU       = "one"        // CPU s per million deliveries
	eightCPU     = "eight"
	ackCPU       = "acks"
	pacedLatency = "paced" // µs, p50
	pacedTail    = "paced p99"
	pacedCPU     = "paced cpu" // CPU s per million deliveries
)

// figures are one peer's, by name, one value a round.
type figures struct {
	values map[string][]float64
	failed string // why a round has no figures
}

func (f *figures) add(name string, v float64) { f.values[name] = append(f.values[name], v) }

// median is 0 where nothing was measured.
func (f *figures) median(name string) float64 {
	if f == nil || len(f.values[name]) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(f.values[name]))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// last is the last round in a line.
func (f *figures) last() string {
	var parts []string
	for _, name := range []string{connectCPU, memory, bigCPU, bigPeak, smallCPU, smallRate, oneCPU, eightCPU, ackCPU, pacedLatency, pacedTail, pacedCPU} {
		if v := f.values[name]; len(v) > 0 {
			parts = append(parts, fmt.Sprintf("%s %.3g", name, v[len(v)-1]))
		}
	}
	return strings.Join(parts, ", ")
}

// runner measures the peers.
type runner struct {
	peers   []peer
	cores   string
	length  time.Duration
	work    string
	results map[string]*figures
}

func (r *runner) does(work string) bool {
	return r.work == "" || slices.Contains(strings.Split(r.work, ","), work)
}

func (r *runner) warm() time.Duration { return r.length / 4 }

// measure does every piece of work once with one peer.
func (r *runner) measure(p peer) error {
	f := r.results[p.name]
	if f == nil {
		f = &figures{values: make(map[string][]float64)}
		r.results[p.name] = f
	}
	if r.does("connect") || r.does("big") {
		if err := r.with(p, func(b *bench) error { return r.many(b, f) }); err != nil {
			return err
		}
	}
	return r.with(p, func(b *bench) error { return r.few(b, f) })
}

// with runs a piece of work on a fresh server.
func (r *runner) with(p peer, do func(b *bench) error) (err error) {
	srv, err := start(p, r.cores)
	if err != nil {
		return err
	}
	defer srv.stop()
	defer func() {
		if failed := recover(); failed != nil {
			err = fmt.Errorf("%v; it said: %.2000s", failed, srv.log.String())
		}
	}()
	l, err := newLoop(srv.addr, p.dialect)
	if err != nil {
		return err
	}
	defer l.close()
	return do(&bench{srv: srv, loop: l})
}

// many is what is done with 10,000 connections: connecting them, letting them
// idle in three rooms each, then one room of all.
func (r *runner) many(b *bench, f *figures) error {
	bare := b.srv.resident()
	cpu := b.srv.cpu()
	if err := b.connect(bigRoom); err != nil {
		return err
	}
	f.add(connectCPU, (b.srv.cpu()-cpu).Seconds()*1000/bigRoom)
	err := b.join(b.loop.conns, func(i int) []string {
		return []string{roomOf(i / 3), roomOf(bigRoom + i%3333), roomOf(2*bigRoom + i*7%3333)}
	})
	if err != nil {
		return err
	}
	b.quiet(5 * time.Second)
	f.add(memory, float64(b.srv.resident()-bare)/bigRoom)
	if !r.does("big") {
		return nil
	}
	if err := b.join(b.loop.conns, func(int) []string { return []string{"big"} }); err != nil {
		return err
	}
	if err := b.connect(1); err != nil {
		return err
	}
	res, err := b.broadcast(4, bigRoom, func(int) string { return "big" }, r.warm(), r.length)
	if err != nil {
		return err
	}
	f.add(bigCPU, res.perMillion())
	f.add(bigPeak, float64(b.srv.peak())/1024)
	return nil
}

func roomOf(n int) string { return fmt.Sprintf("conversation:%d", n) }

// few is what is done with 2,000 connections in three rooms each, the first
// thousand of them in one more room together.
func (r *runner) few(b *bench, f *figures) error {
	if err := b.connect(rooms); err != nil {
		return err
	}
	err := b.join(b.loop.conns, func(i int) []string {
		in := []string{roomOf(i), roomOf((i + 677) % rooms), roomOf((i + 1361) % rooms)}
		if i < 1000 {
			in = append(in, "thousand")
		}
		return in
	})
	if err != nil {
		return err
	}
	members := b.loop.conns
	if err := b.connect(1); err != nil {
		return err
	}
	thousand := func(int) string { return "thousand" }
	small := func(n int) string { return roomOf(n * 977 % rooms) }
	for _, w := range []struct {
		name string
		do   func() (result, error)
		note func(result)
	}{
		{"small", func() (result, error) { return b.broadcast(64, 3, small, r.warm(), r.length) }, func(res result) {
			f.add(smallCPU, res.cpu.Seconds()*1e6/float64(res.broadcasts))
			f.add(smallRate, float64(res.broadcasts)/r.length.Seconds())
		}},
		{"one", func() (result, error) { return b.broadcast(1, 1000, thousand, r.warm(), r.length) }, func(res result) { f.add(oneCPU, res.perMillion()) }},
		{"eight", func() (result, error) { return b.broadcast(8, 1000, thousand, r.warm(), r.length) }, func(res result) { f.add(eightCPU, res.perMillion()) }},
		{"acks", func() (result, error) { return b.roundTrips(members[:100], r.warm(), r.length) }, func(res result) { f.add(ackCPU, res.perMillion()) }},
		{"paced", func() (result, error) { return b.paced(1000, 3, small, r.warm(), r.length) }, func(res result) {
			f.add(pacedLatency, float64(res.latencies[len(res.latencies)/2].Nanoseconds())/1000)
			f.add(pacedTail, float64(res.latencies[len(res.latencies)*99/100].Nanoseconds())/1000)
			f.add(pacedCPU, res.perMillion())
		}},
	} {
		if !r.does(w.name) {
			continue
		}
		res, err := w.do()
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		w.note(res)
	}
	return nil
}
