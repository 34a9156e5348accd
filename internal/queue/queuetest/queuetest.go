// Package queuetest is the suite that every implementation of queue.Queue passes. Its rules are those of
// docs/spec/queue.md. Each case works on a queue of its own while another one, with a message in it, stands
// beside and must stay untouched.
package queuetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/queue"
)

// patience bounds every wait for something that must happen; quiet is how long the suite looks that something
// doesn't.
const (
	patience = 15 * time.Second
	quiet    = 150 * time.Millisecond
)

// Harness is what the suite needs of an implementation.
type Harness struct {
	// Open opens a queue on durable state that is the same for all calls of one test.
	Open func(t *testing.T) queue.Queue
	// Peer is how a second consumer gets at the queue that first has open: another node's connection, or first
	// itself where a queue serves one process.
	Peer func(t *testing.T, first queue.Queue) queue.Queue
	// Remove deletes queues and all that is in them.
	Remove func(t *testing.T, names ...string)
}

// Run runs the suite. The factory is called once a case.
func Run(t *testing.T, factory func(t *testing.T) Harness) {
	cases := []struct {
		name string
		run  func(t *testing.T, b *bench)
	}{
		{"Q-1 messages come in the order in which they were published", order},
		{"Q-2 what was published is there after close and open", durable},
		{"Q-3 what is unsettled comes again, in order, marked and ahead of later messages", redelivery},
		{"Q-4 an acknowledgement is final", ackIsFinal},
		{"Q-5 a retried message comes again after the delay and holds up nothing", retry},
		{"Q-5 a retried message counts against the prefetch", retryCounts},
		{"Q-6 a dead letter is whole, has its reason and holds up nothing", dead},
		{"Q-7 one consumer at a time, and another takes over in order", failover},
		{"Q-8 at most prefetch deliveries are unsettled", prefetch},
		{"Q-9 bodies and headers come byte for byte", bodies},
		{"Q-10 queues don't touch each other", isolation},
		{"Q-11 a stopping consumer waits for what its handler holds and gives back the rest", drain},
		{"Q-12 a delivery is settled once", settledOnce},
		{"Q-13 dead letters are listed, republished and discarded", admin},
		{"Q-14 after close a delivery is lost and its context done", lost},
		{"Q-15 the handler is called one call at a time", oneAtATime},
		{"Q-16 a closed queue refuses", closed},
		{"Q-17 the state tells what is consumed", state},
		{"Q-18 what waits is counted, without what was handed out", waiting},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := factory(t)
			b := &bench{Harness: h, q: h.Open(t), name: "test-" + rand.Text(), other: "test-" + rand.Text()}
			t.Cleanup(func() {
				require.NoError(t, b.q.Close())
				h.Remove(t, b.name, b.other)
			})
			require.NoError(t, b.q.Declare(t.Context(), b.name, b.other))
			require.NoError(t, b.q.Publish(t.Context(), b.other, msg("neighbour")))
			c.run(t, b)
			b.neighbourUntouched(t)
		})
	}
}

// bench is one case's queue.
type bench struct {
	Harness
	q           queue.Queue
	name, other string
}

// reopen is a process that ends and another that starts.
func (b *bench) reopen(t *testing.T) {
	t.Helper()
	require.NoError(t, b.q.Close())
	b.q = b.Open(t)
	require.NoError(t, b.q.Declare(t.Context(), b.name, b.other))
}

func (b *bench) publish(t *testing.T, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		require.NoError(t, b.q.Publish(t.Context(), b.name, msg(body)))
	}
}

func (b *bench) neighbourUntouched(t *testing.T) {
	t.Helper()
	if _, err := b.q.DeadLetters().Count(t.Context(), b.other); err != nil {
		b.q = b.Open(t) // the case closed it
		require.NoError(t, b.q.Declare(t.Context(), b.other))
	}
	in := consume(t, b.q, b.other, queue.ConsumeOptions{})
	require.NoError(t, in.next(t, "neighbour").Ack(t.Context()))
	in.nothing(t)
	in.stop(t)
	n, err := b.q.DeadLetters().Count(t.Context(), b.other)
	require.NoError(t, err)
	require.Zero(t, n)
}

func msg(body string) queue.Message { return queue.Message{ID: "id-" + body, Body: []byte(body)} }

func numbered(from, to int) (bodies []string) {
	for i := from; i < to; i++ {
		bodies = append(bodies, fmt.Sprint("m", i))
	}
	return bodies
}

// inbox is a consumer under test: a handler that passes its deliveries on.
type inbox struct {
	deliveries chan *queue.Delivery
	contexts   chan context.Context
	cancel     context.CancelFunc
	result     chan error
}

// consume starts a consumer, which the test's end stops.
func consume(t *testing.T, q queue.Queue, name string, opts queue.ConsumeOptions) *inbox {
	t.Helper()
	in := &inbox{
		deliveries: make(chan *queue.Delivery, 10_000), contexts: make(chan context.Context, 10_000),
		result: make(chan error, 1),
	}
	if opts.Drain == 0 {
		opts.Drain = -1
	}
	ctx, cancel := context.WithCancel(t.Context())
	in.cancel = cancel
	go func() {
		in.result <- q.Consume(ctx, name, opts, queue.HandlerFunc(func(ctx context.Context, d *queue.Delivery) {
			in.contexts <- ctx
			in.deliveries <- d
		}))
	}()
	t.Cleanup(cancel)
	return in
}

// next is the next delivery, which must be body.
func (in *inbox) next(t *testing.T, body string) *queue.Delivery {
	t.Helper()
	select {
	case d := <-in.deliveries:
		require.Equal(t, body, string(d.Body))
		return d
	case <-time.After(patience):
		require.FailNow(t, "nothing came", "waiting for %s", body)
		return nil
	}
}

// all takes deliveries in the order of bodies.
func (in *inbox) all(t *testing.T, bodies ...string) (got []*queue.Delivery) {
	t.Helper()
	for _, body := range bodies {
		got = append(got, in.next(t, body))
	}
	return got
}

func (in *inbox) nothing(t *testing.T) {
	t.Helper()
	select {
	case d := <-in.deliveries:
		require.FailNow(t, "unexpected delivery", "%s", d.Body)
	case <-time.After(quiet):
	}
}

// stop ends the consumer and waits until it has given back what it held.
func (in *inbox) stop(t *testing.T) {
	t.Helper()
	in.cancel()
	require.NoError(t, in.wait(t))
}

func (in *inbox) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-in.result:
		return err
	case <-time.After(patience):
		require.FailNow(t, "Consume didn't return")
		return nil
	}
}
