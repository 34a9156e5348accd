package queue

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Delivery is a message in the hands of a [Handler]. It is settled once, by Ack, Retry or Dead. All methods may
// be called from any goroutine; calls on one delivery wait for each other.
//
// A settlement that fails with [ErrLost] is over: the message comes again as another delivery. After any other
// error the delivery is still unsettled, and settling may be tried again.
type Delivery struct {
	Message
	// Queue is where the message was taken from.
	Queue string
	// Redelivered tells that the message may have been delivered before. False is certain.
	Redelivered bool

	mu      sync.Mutex
	settled bool
	settler Settler
}

// Settler is how an implementation settles one delivery. A call is made only while the delivery is unsettled.
type Settler interface {
	Ack(ctx context.Context) error
	Retry(ctx context.Context, after time.Duration) error
	Dead(ctx context.Context, reason string) error
}

// NewDelivery is for implementations of [Queue] and for tests of handlers.
func NewDelivery(queue string, m Message, redelivered bool, s Settler) *Delivery {
	return &Delivery{Message: m, Queue: queue, Redelivered: redelivered, settler: s}
}

// Ack removes the message from its queue for good.
func (d *Delivery) Ack(ctx context.Context) error {
	return d.settle(func() error { return d.settler.Ack(ctx) })
}

// Retry hands the message to the handler again after a while, as a new delivery with Redelivered set. It keeps
// its place: it stays in the queue, ahead of what was published later, and counts against the prefetch. What
// comes behind it isn't held up; a handler that needs order among some messages keeps those back itself.
func (d *Delivery) Retry(ctx context.Context, after time.Duration) error {
	return d.settle(func() error { return d.settler.Retry(ctx, after) })
}

// Dead moves the message whole to the dead-letter queue, with reason in the header [HeaderReason]. The letter is
// durable before the message leaves its queue: a crash in between leaves both.
func (d *Delivery) Dead(ctx context.Context, reason string) error {
	return d.settle(func() error { return d.settler.Dead(ctx, reason) })
}

func (d *Delivery) settle(do func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settled {
		return ErrSettled
	}
	err := do()
	d.settled = err == nil || errors.Is(err, ErrLost)
	return err
}
