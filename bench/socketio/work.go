package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	rooms      = 2000 // of three members each
	bigRoom    = 10_000
	fromNumber = 1_000_000_000 // the first broadcast's, so that all have as many digits
	setupAhead = 64            // connections that are being set up at a time
)

// text fills a payload up to about the size of a chat message's event.
var text = strings.Repeat("All our agents are well and at work. ", 4)

func payload(n int) []byte {
	return fmt.Appendf(make([]byte, 0, 256), `{"n":%d,"conversationId":"c%d","direction":"inbound","text":"%s"}`, n, n%rooms, text)
}

// bench is one server and the connections to it.
type bench struct {
	srv  *server
	loop *loop
	id   int // of the next request
	sent int // broadcasts so far
}

// connect opens count connections, setupAhead at a time.
func (b *bench) connect(count int) error {
	l := b.loop
	open, left := 0, count
	next := func() {
		if left > 0 {
			left--
			if err := l.dial(); err != nil {
				panic(err)
			}
		}
	}
	l.onReady = func(*conn) { open++; next() }
	defer l.idle()
	for range setupAhead {
		next()
	}
	return l.until("connecting", func() bool { return open == count })
}

// join makes every one of conns join the rooms that it is given.
func (b *bench) join(conns []*conn, in func(i int) []string) error {
	l := b.loop
	acked, asked, at := 0, 0, 0
	l.onAck = func(*conn, int) { acked++ }
	defer l.idle()
	return l.until("joining", func() bool {
		for at < len(conns) && asked-acked < 4*setupAhead {
			for _, room := range in(at) {
				b.id++
				l.say(conns[at], l.dialect.join(b.id+1, room))
				asked++
			}
			at++
		}
		l.flush()
		return at == len(conns) && acked == asked
	})
}

// result is what one piece of work came to.
type result struct {
	broadcasts, deliveries int
	cpu                    time.Duration
	latencies              []time.Duration
}

// perMillion is CPU seconds per million deliveries.
func (r result) perMillion() float64 { return r.cpu.Seconds() / float64(r.deliveries) * 1e6 }

// broadcast keeps inFlight broadcasts under way for a time, after a warm-up.
// The last connection asks for them and is in none of the rooms.
func (b *bench) broadcast(inFlight int, size int, room func(n int) string, warm, length time.Duration) (result, error) {
	l := b.loop
	emitter := l.conns[len(l.conns)-1]
	left := make(map[int]int, inFlight)
	acks := make(map[int]int, inFlight)
	done, delivered, stop := 0, 0, false
	send := func() {
		n := fromNumber + b.sent
		b.sent++
		b.id++
		left[n], acks[b.id+1] = size+1, n
		l.say(emitter, l.dialect.emit(b.id+1, room(n), payload(n)))
	}
	step := func(n int) {
		if left[n]--; left[n] > 0 {
			return
		}
		delete(left, n)
		if done++; !stop {
			send()
		}
	}
	l.onDeliver = func(_ *conn, n int) { delivered++; step(n) }
	l.onAck = func(_ *conn, id int) { n := acks[id]; delete(acks, id); step(n) }
	defer l.idle()
	for range inFlight {
		send()
	}
	l.flush()
	pass := func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end); {
			l.turn(100)
		}
	}
	pass(warm)
	cpu, d0, b0 := b.srv.cpu(), delivered, done
	pass(length)
	r := result{cpu: b.srv.cpu() - cpu, deliveries: delivered - d0, broadcasts: done - b0}
	stop = true
	return r, l.until("broadcasting", func() bool { return len(left) == 0 })
}

// paced asks for a broadcast at even intervals and notes when each delivery
// came. The generator spins, so that its own sleeping is not in the figures.
func (b *bench) paced(perSecond int, size int, room func(n int) string, warm, length time.Duration) (result, error) {
	l := b.loop
	emitter := l.conns[len(l.conns)-1]
	at := make(map[int]time.Time)
	delivered, recording := 0, false
	var r result
	l.onDeliver = func(_ *conn, n int) {
		delivered++
		if recording {
			r.latencies = append(r.latencies, time.Since(at[n]))
		}
	}
	defer l.idle()
	gap := time.Second / time.Duration(perSecond)
	next := time.Now()
	pass := func(d time.Duration) {
		for end := time.Now().Add(d); ; {
			now := time.Now()
			if now.After(end) {
				return
			}
			if now.After(next) {
				next = next.Add(gap)
				n := fromNumber + b.sent
				b.sent++
				b.id++
				at[n] = now
				l.say(emitter, l.dialect.emit(b.id+1, room(n), payload(n)))
				l.flush()
			}
			l.turn(0)
		}
	}
	first := b.sent
	pass(warm)
	cpu, d0 := b.srv.cpu(), delivered
	recording = true
	pass(length)
	recording = false
	r.cpu, r.deliveries = b.srv.cpu()-cpu, delivered-d0
	slices.Sort(r.latencies)
	return r, l.until("pacing", func() bool { return delivered == (b.sent-first)*size })
}

// roundTrips has every one of conns wait for the answer to one echo after the other.
func (b *bench) roundTrips(conns []*conn, warm, length time.Duration) (result, error) {
	l := b.loop
	done, open, stop := 0, 0, false
	send := func(c *conn) {
		b.id++
		open++
		l.say(c, l.dialect.echo(b.id+1, []byte(`{"n":1}`)))
	}
	l.onAck = func(c *conn, _ int) {
		done++
		open--
		if !stop {
			send(c)
		}
	}
	defer l.idle()
	for _, c := range conns {
		send(c)
	}
	l.flush()
	pass := func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end); {
			l.turn(100)
		}
	}
	pass(warm)
	cpu, d0 := b.srv.cpu(), done
	pass(length)
	r := result{cpu: b.srv.cpu() - cpu, deliveries: done - d0}
	stop = true
	return r, l.until("asking", func() bool { return open == 0 })
}

// quiet serves pings for a while.
func (b *bench) quiet(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		b.loop.turn(50)
	}
}
