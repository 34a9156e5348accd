package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/agentportal/portal/internal/queue"
)

const (
	// exclusiveRetry is how often a queue that another node consumes is asked for.
	exclusiveRetry = time.Second
	// vacantRefusals in a row, vacantRetry apart, of an exclusive consumer on a queue that has none mean that the
	// queue takes no exclusive ones: it was made with x-single-active-consumer.
	vacantRefusals = 3
	vacantRetry    = 250 * time.Millisecond
)

// Consume hands out the queue's messages; see [queue.Queue]. The consumer is exclusive, so one node at a time has
// the queue and order survives the death of a node.
func (q *Queue) Consume(ctx context.Context, name string, opts queue.ConsumeOptions, h queue.Handler) error {
	opts = opts.WithDefaults()
	c := &consumption{name: name}
	if !q.begin(c) {
		return queue.ErrClosed
	}
	defer q.finish(c)
	wait := firstRetry
	for ctx.Err() == nil && q.ctx.Err() == nil {
		started := time.Now()
		err := q.consumeOnce(ctx, c, opts, h)
		q.note(c, false, err)
		if ctx.Err() != nil || q.ctx.Err() != nil {
			break
		}
		if taken(err) {
			wait = q.afterRefusal(c)
		} else if time.Since(started) > lastRetry {
			wait = firstRetry
		}
		q.log.Debug("not consuming, trying again", "queue", name, "error", err)
		either(ctx, q.ctx, func(ctx context.Context) { pause(ctx, wait) })
		wait = min(2*wait, lastRetry)
	}
	if q.ctx.Err() != nil {
		return queue.ErrClosed
	}
	return nil
}

// afterRefusal looks why an exclusive consumer was refused, and tells when to try again.
func (q *Queue) afterRefusal(c *consumption) time.Duration {
	consumers := 1
	if conn, err := q.consumers.conn.now(); err == nil {
		err = onChannel(conn, func(ch *amqp.Channel) error {
			found, err := ch.QueueDeclarePassive(c.name, true, false, false, false, nil)
			consumers = found.Consumers
			return err
		})
		if err != nil {
			consumers = 1 // not known: most likely another node's
		}
	}
	if consumers > 0 {
		c.vacant = 0
		return exclusiveRetry
	}
	c.vacant++
	return vacantRetry
}

// begin registers a consumer; Close waits for it.
func (q *Queue) begin(c *consumption) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.running.Add(1)
	q.consuming[c] = struct{}{}
	return true
}

func (q *Queue) finish(c *consumption) {
	q.mu.Lock()
	delete(q.consuming, c)
	q.mu.Unlock()
	q.running.Done()
}

func (q *Queue) note(c *consumption, active bool, err error) {
	if taken(err) {
		err = nil // another node consumes: nothing is wrong
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	c.active, c.err = active, err
}

// taken tells that the queue has an exclusive consumer.
func taken(err error) bool {
	return hasCode(err, amqp.AccessRefused) && strings.Contains(err.Error(), "exclusive")
}

// either runs do with a context that is done as soon as one of two is.
func either(a, b context.Context, do func(context.Context)) {
	ctx, cancel := context.WithCancel(a)
	defer cancel()
	defer context.AfterFunc(b, cancel)()
	do(ctx)
}

// consumeOnce consumes over one channel until that breaks or one of the contexts is done. It returns why.
func (q *Queue) consumeOnce(ctx context.Context, c *consumption, opts queue.ConsumeOptions, h queue.Handler) (err error) {
	var conn *amqp.Connection
	either(ctx, q.ctx, func(ctx context.Context) { conn, err = q.consumers.conn.get(ctx) })
	if err != nil {
		return err
	}
	if err := ensure(conn, c.name); err != nil {
		return err
	}
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	// After a break it is closed already. Closing gives back what is unsettled.
	defer func() { _ = ch.Close() }()
	if err := ch.Qos(opts.Prefetch, 0, false); err != nil {
		return err
	}
	broken := ch.NotifyClose(make(chan *amqp.Error, 1))
	deliveries, err := ch.Consume(c.name, consumerTag, false, c.vacant < vacantRefusals, false, false, nil)
	if err != nil {
		return err
	}
	q.note(c, true, nil)
	q.log.Info("consuming", "queue", c.name)
	session := queue.NewSession(ctx, h)
	defer session.End()
	if !q.handOut(ctx, c.name, deliveries, session) {
		return lost(broken)
	}
	q.note(c, false, nil)
	return q.drain(ch, broken, session, opts.Drain)
}

// consumerTag is the same everywhere: it needs to be unique on its channel only.
const consumerTag = "portal"

// handOut hands deliveries to the session. It returns false when the channel broke.
func (q *Queue) handOut(ctx context.Context, name string, deliveries <-chan amqp.Delivery, session *queue.Session) bool {
	for {
		select {
		case d, open := <-deliveries:
			if !open {
				return false
			}
			session.Hand(name, message(d), d.Redelivered, &settlement{queue: q, name: name, session: session, delivery: d})
		case <-ctx.Done():
			return true
		case <-q.ctx.Done():
			return true
		}
	}
}

// drain stops the broker from sending more and waits for what the handler holds.
func (q *Queue) drain(ch *amqp.Channel, broken <-chan *amqp.Error, session *queue.Session, limit time.Duration) error {
	if q.ctx.Err() != nil {
		return queue.ErrClosed
	}
	if err := ch.Cancel(consumerTag, false); err != nil {
		return err
	}
	defer context.AfterFunc(q.ctx, session.End)()
	watching := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(watching)
		select {
		case <-broken:
			session.End()
		case <-over:
		}
	}()
	session.Drain(limit)
	close(over)
	<-watching
	return nil
}

// lost is why a channel broke, as far as the broker told.
func lost(broken <-chan *amqp.Error) error {
	select {
	case err := <-broken:
		if err != nil {
			return err
		}
	default:
	}
	return errors.New("the broker ended the consumer")
}

// message is what a handler sees of a delivery.
func message(d amqp.Delivery) queue.Message {
	m := queue.Message{ID: d.MessageId, Body: d.Body}
	if len(d.Headers) > 0 {
		m.Headers = make(map[string]string, len(d.Headers))
	}
	for k, v := range d.Headers {
		switch v := v.(type) {
		case string:
			m.Headers[k] = v
		case []byte:
			m.Headers[k] = string(v)
		default:
			m.Headers[k] = fmt.Sprint(v)
		}
	}
	return m
}
