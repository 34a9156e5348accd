// Package rabbitmq is the queue over RabbitMQ 3.10 and later.
//
// Two connections are kept, one to publish and one to consume, because a broker that is short of memory stops
// reading from publishers, and acknowledgements must not wait behind that. Each comes back by itself: a new
// attempt is made at least every second, so that the broker is in use again within 5 s of its return. Queues are
// declared passively first, so that one that exists with arguments of its own is used as it is.
//
// Two kinds of existing queues know no exclusive consumers: those with x-single-active-consumer, which see to one
// consumer at a time themselves, and quorum queues. With several nodes a quorum queue needs
// x-single-active-consumer, else two nodes share it and a contact's order isn't kept.
package rabbitmq

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/agentportal/portal/internal/queue"
)

// Config says where the broker is. Only URL is needed.
type Config struct {
	// URL is the broker's address, amqp://user:password@host:port/vhost or amqps://…
	URL string
	// Name is shown beside the connections in the broker's own pages; "agentportal" if empty.
	Name string
	// Log gets what goes wrong; [slog.Default] if nil. The URL's password is never written.
	Log *slog.Logger
}

// Queue is a [queue.Queue] over RabbitMQ.
type Queue struct {
	log       *slog.Logger
	ctx       context.Context // done when closed; no request's
	cancel    context.CancelFunc
	publisher *publisher
	consumers *link
	deadMu    sync.Mutex // one walk through a dead-letter queue at a time: it holds what it has seen
	running   sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	consuming map[*consumption]struct{}
}

// consumption is one call of Consume.
type consumption struct {
	name   string
	vacant int // refusals in a row while the queue had no consumer; Consume's alone

	active bool // guarded by Queue.mu, like err
	err    error
}

var _ queue.Queue = (*Queue)(nil)

// Open starts to connect and returns at once; [Queue.Declare] waits for the broker. It fails only when the URL
// can't be one.
func Open(cfg Config) (*Queue, error) {
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	q := &Queue{
		log: cfg.Log, ctx: ctx, cancel: cancel,
		consumers: newLink(cfg, "consume"),
		publisher: newPublisher(cfg),
		consuming: map[*consumption]struct{}{},
	}
	q.running.Go(func() { q.consumers.run(ctx) })
	q.running.Go(func() { q.publisher.run(ctx) })
	return q, nil
}

// checked is the config with the defaults put in.
func (c Config) checked() (Config, error) {
	if _, err := amqp.ParseURI(c.URL); err != nil {
		return c, errors.New("rabbitmq: the broker's URL must look like amqp://user:password@host:port/vhost: " + withoutURL(err))
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Name == "" {
		c.Name = "agentportal"
	}
	return c, nil
}

// withoutURL is err's text without the address that [url.Error] puts before it, which may hold a password.
func withoutURL(err error) string {
	var bad *url.Error
	if errors.As(err, &bad) {
		return bad.Err.Error()
	}
	return err.Error()
}

// Declare waits for the broker until ctx is done. What the broker refuses (wrong password, no permission) is
// returned at once. After it everything else works.
func (q *Queue) Declare(ctx context.Context, names ...string) error {
	if err := q.publisher.declare(ctx, names); err != nil {
		return err
	}
	if _, err := q.publisher.session.get(ctx); err != nil {
		return err
	}
	_, err := q.consumers.conn.get(ctx)
	return err
}

// Publish stores msgs durably; see [queue.Queue].
func (q *Queue) Publish(ctx context.Context, name string, msgs ...queue.Message) error {
	letters := make([]letter, len(msgs))
	for i, m := range msgs {
		letters[i] = letter{queue: name, Publishing: publishing(m)}
	}
	return q.publisher.publish(ctx, letters)
}

// publishing is m as it travels.
func publishing(m queue.Message) amqp.Publishing {
	headers := amqp.Table{}
	for k, v := range m.Headers {
		headers[k] = v
	}
	return amqp.Publishing{
		MessageId: m.ID, Headers: headers, Body: m.Body,
		ContentType: "application/json", DeliveryMode: amqp.Persistent, Timestamp: time.Now(),
	}
}

// State tells how it stands with both connections and all consumers.
func (q *Queue) State() queue.State {
	out, outSince, outErr := q.publisher.session.state()
	in, inSince, inErr := q.consumers.conn.state()
	s := queue.State{Connected: out && in, Since: outSince, Declared: q.publisher.declared(), Consuming: map[string]bool{}}
	if inSince.After(outSince) {
		s.Since = inSince
	}
	errs := []error{outErr, inErr}
	q.mu.Lock()
	defer q.mu.Unlock()
	for c := range q.consuming {
		s.Consuming[c.name] = s.Consuming[c.name] || c.active
		if s.Connected && c.err != nil {
			errs = append(errs, c.err)
		}
	}
	s.Err = reasons(errs...)
	return s
}

// Close ends everything and waits for it; unsettled deliveries go back to the broker.
func (q *Queue) Close() error {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.cancel()
	q.running.Wait()
	return nil
}
