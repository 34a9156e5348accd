package queue

import (
	"context"
	"errors"
	"time"
)

// HeaderReason is the header of a dead letter that says, in words for an admin, why the message can never be applied.
const HeaderReason = "x-portal-reason"

// DeadSuffix ends the name of the queue that holds another queue's dead letters.
const DeadSuffix = ".dead"

// DefaultPrefetch is how many deliveries of one consumer may be unsettled at a time when nothing else is asked for.
const DefaultPrefetch = 256

// DefaultDrain is how long a consumer that was told to stop waits for what it has handed out.
const DefaultDrain = 5 * time.Second

var (
	// ErrUnavailable means that the queue can't be reached for now. A message whose Publish failed so may
	// nevertheless have been stored: publishing it again may double it.
	ErrUnavailable = errors.New("queue: unavailable")
	// ErrLost means that a delivery can't be settled any more, because the connection that brought it is gone.
	// It is no loss of data: the message comes again.
	ErrLost = errors.New("queue: delivery lost, it will come again")
	// ErrSettled means that the delivery had been settled before. Nothing happened.
	ErrSettled = errors.New("queue: delivery already settled")
	// ErrNotFound means that there is no such dead letter (any more).
	ErrNotFound = errors.New("queue: no such dead letter")
	// ErrClosed means that the queue was closed by its owner.
	ErrClosed = errors.New("queue: closed")
)

// Queue is a durable queue. All methods may be called from any goroutine.
type Queue interface {
	// Declare makes the named queues and their dead-letter queues where they don't exist and uses existing ones
	// as they are. They are made again by themselves if they are gone after a reconnect.
	Declare(ctx context.Context, names ...string) error

	// Publish appends msgs to a declared queue, in their order and with no other publisher's between two of one
	// call's as far as the queue can help it. They are durable once it returns nil. It fails fast with
	// [ErrUnavailable] while the queue is away; then some, all or none of msgs may have been stored.
	Publish(ctx context.Context, queue string, msgs ...Message) error

	// Consume hands the messages of a declared queue to h, one call at a time, in queue order, until ctx is done.
	// While another consumer has the queue, or the queue is away, it waits and tries again by itself.
	//
	// When ctx is done it takes nothing more, waits up to opts.Drain for what h still holds, gives the rest back
	// and returns nil. It returns [ErrClosed] when the queue was closed, and no other error.
	Consume(ctx context.Context, queue string, opts ConsumeOptions, h Handler) error

	// Waiting tells how many messages of a declared queue no consumer has been handed yet, for metrics.
	Waiting(ctx context.Context, queue string) (int, error)

	// DeadLetters is the admin's view of what could never be applied.
	DeadLetters() DeadLetters

	// State is what the queue is like now, for health pages and metrics. It doesn't block.
	State() State

	// Close ends the consumers, gives back what is unsettled and releases everything. A second call does nothing.
	Close() error
}

// Message is what is published and delivered.
type Message struct {
	// ID is the publisher's name for the message, for logs. It may be empty and needn't be unique.
	ID string
	// Body is the message as it was published, byte for byte.
	Body []byte
	// Headers go with the body. Values that another program published as something else than text are shown as text.
	Headers map[string]string
}

// ConsumeOptions says how a queue is consumed. The zero value works.
type ConsumeOptions struct {
	// Prefetch is how many deliveries may be unsettled at a time; [DefaultPrefetch] if 0.
	Prefetch int
	// Drain is how long a stopping Consume waits for unsettled deliveries; [DefaultDrain] if 0, not at all if negative.
	Drain time.Duration
}

// WithDefaults returns the options with the defaults put in.
func (o ConsumeOptions) WithDefaults() ConsumeOptions {
	if o.Prefetch <= 0 {
		o.Prefetch = DefaultPrefetch
	}
	if o.Drain == 0 {
		o.Drain = DefaultDrain
	}
	return o
}

// Handler takes deliveries.
type Handler interface {
	// Handle takes one delivery and returns quickly, because the next one waits for it. The handler keeps the
	// delivery and settles it later, from any goroutine. ctx is done once the delivery can't be settled any more;
	// it outlives the ctx of Consume while that drains.
	Handle(ctx context.Context, d *Delivery)
}

// HandlerFunc is a function that is a [Handler].
type HandlerFunc func(ctx context.Context, d *Delivery)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, d *Delivery) { f(ctx, d) }

// State is what a queue is like at one moment.
type State struct {
	// Connected tells whether the queue can be used.
	Connected bool
	// Since is when Connected last changed.
	Since time.Time
	// Err is the last reason for not being connected, or for not consuming. Empty when all is well.
	Err string
	// Declared tells that every queue named in Declare is known to exist.
	Declared bool
	// Consuming holds the queues that Consume was called for: true where this process is the active consumer,
	// false where it waits, for the queue or for another node's consumer.
	Consuming map[string]bool
}

// DeadLetter is a message that could never be applied.
type DeadLetter struct {
	Message
	// Key names the letter in its queue, for Republish and Discard. Opaque.
	Key string
	// Queue is the queue that the message was taken from, without [DeadSuffix].
	Queue string
	// Reason says why, in words.
	Reason string
	// At is when it was dead-lettered; zero where that isn't known.
	At time.Time
}

// DeadLetters reads and tidies dead-letter queues. Queues are named without [DeadSuffix].
type DeadLetters interface {
	// Put adds a letter that is no delivery (any more): it was acknowledged, and turned out later to be without
	// effect. It is durable once Put returns nil.
	Put(ctx context.Context, queue string, m Message, reason string) error
	// List returns the oldest letters, at most limit, oldest first. It leaves them where they are.
	List(ctx context.Context, queue string, limit int) ([]DeadLetter, error)
	// Count tells how many letters there are.
	Count(ctx context.Context, queue string) (int, error)
	// Republish puts a letter back at the end of its queue, without the reason, and then removes it: a crash in
	// between leaves both. [ErrNotFound] if there is none.
	Republish(ctx context.Context, queue, key string) error
	// Discard removes a letter for good. [ErrNotFound] if there is none.
	Discard(ctx context.Context, queue, key string) error
}
