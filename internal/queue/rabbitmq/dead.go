package rabbitmq

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/queue"
)

// deadLetters walks through dead-letter queues. A broker has no way to look at a message but to take it, so
// letters are taken one by one and given back by closing the channel, which keeps their order. While one walk is
// under way another node's sees less than there is.
type deadLetters struct{ queue *Queue }

// DeadLetters is the admin's view.
func (q *Queue) DeadLetters() queue.DeadLetters { return deadLetters{q} }

func newKey() string { return rand.Text() }

// key names a letter; one that another program put there is named by what it holds.
func key(d amqp.Delivery) string {
	if k, ok := d.Headers[headerKey].(string); ok && k != "" {
		return k
	}
	sum := sha256.Sum256(d.Body)
	return hex.EncodeToString(sum[:16])
}

// Put publishes a letter of its own.
func (l deadLetters) Put(ctx context.Context, name string, m queue.Message, reason string) error {
	p := publishing(m)
	mark(p.Headers, reason, time.Now())
	return l.queue.publisher.publish(ctx, []letter{{queue: name + queue.DeadSuffix, Publishing: p}})
}

// List returns the oldest letters.
func (l deadLetters) List(ctx context.Context, name string, limit int) ([]queue.DeadLetter, error) {
	letters := []queue.DeadLetter{}
	if limit <= 0 {
		return letters, nil
	}
	err := l.walk(ctx, name, func(d amqp.Delivery) (bool, error) {
		letters = append(letters, shown(name, d))
		return len(letters) >= limit, nil
	})
	return letters, err
}

func shown(name string, d amqp.Delivery) queue.DeadLetter {
	m := message(d)
	out := queue.DeadLetter{Message: m, Key: key(d), Queue: name, Reason: m.Headers[queue.HeaderReason]}
	if at, err := time.Parse(time.RFC3339Nano, m.Headers[headerDeadAt]); err == nil {
		out.At = at
	}
	for _, h := range []string{queue.HeaderReason, headerDeadAt, headerKey} {
		delete(m.Headers, h)
	}
	return out
}

// Count tells how many letters lie ready.
func (l deadLetters) Count(_ context.Context, name string) (int, error) {
	return l.queue.ready(name + queue.DeadSuffix)
}

// Republish puts a letter back into its queue.
func (l deadLetters) Republish(ctx context.Context, name, wanted string) error {
	return l.take(ctx, name, wanted, func(d amqp.Delivery) error {
		p := again(d)
		for _, h := range []string{queue.HeaderReason, headerDeadAt, headerKey} {
			delete(p.Headers, h)
		}
		return l.queue.publisher.publish(ctx, []letter{{queue: name, Publishing: p}})
	})
}

// Discard removes a letter.
func (l deadLetters) Discard(ctx context.Context, name, wanted string) error {
	return l.take(ctx, name, wanted, func(amqp.Delivery) error { return nil })
}

// take removes a letter once do has succeeded.
func (l deadLetters) take(ctx context.Context, name, wanted string, do func(amqp.Delivery) error) error {
	found := false
	err := l.walk(ctx, name, func(d amqp.Delivery) (bool, error) {
		if key(d) != wanted {
			return false, nil
		}
		found = true
		if err := do(d); err != nil {
			return true, err
		}
		failpoint.Hit(failpoint.LetterRepublished)
		return true, d.Ack(false)
	})
	if err == nil && !found {
		return queue.ErrNotFound
	}
	return err
}

// walk shows the letters to visit, oldest first, until it has seen enough.
func (l deadLetters) walk(ctx context.Context, name string, visit func(amqp.Delivery) (enough bool, err error)) error {
	l.queue.deadMu.Lock()
	defer l.queue.deadMu.Unlock()
	return l.queue.onChannel(func(ch *amqp.Channel) error {
		for ctx.Err() == nil {
			d, ok, err := ch.Get(name+queue.DeadSuffix, false)
			if err != nil || !ok {
				return err
			}
			if enough, err := visit(d); enough || err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}
