package rabbitmq

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/agentportal/portal/internal/queue"
)

// ensure makes a queue and its dead-letter queue where they don't exist. Existing ones are used as they are:
// declaring them with other arguments than they have would be refused.
func ensure(conn *amqp.Connection, name string) error {
	for _, n := range []string{name, name + queue.DeadSuffix} {
		if err := ensureOne(conn, n); err != nil {
			return fmt.Errorf("queue %s: %w", n, err)
		}
	}
	return nil
}

func ensureOne(conn *amqp.Connection, name string) error {
	err := onChannel(conn, func(ch *amqp.Channel) error {
		_, err := ch.QueueDeclarePassive(name, true, false, false, false, nil)
		return err
	})
	if !hasCode(err, amqp.NotFound) {
		return err
	}
	return onChannel(conn, func(ch *amqp.Channel) error {
		_, err := ch.QueueDeclare(name, true, false, false, false, nil)
		return err
	})
}

// onChannel does something on a channel of its own, since the broker closes a channel at every error.
func onChannel(conn *amqp.Connection, do func(*amqp.Channel) error) error {
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	if err := do(ch); err != nil {
		_ = ch.Close() // most likely closed by the broker already
		return err
	}
	return ch.Close()
}

// onChannel does something on the consumers' connection; it fails at once where there is none.
func (q *Queue) onChannel(do func(*amqp.Channel) error) error {
	conn, err := q.consumers.conn.now()
	if err != nil {
		return err
	}
	if err := onChannel(conn, do); err != nil {
		if errors.Is(err, amqp.ErrClosed) {
			return unavailable(err)
		}
		return err
	}
	return nil
}

// ready counts what lies in a queue and is in no consumer's hands.
func (q *Queue) ready(name string) (n int, err error) {
	err = q.onChannel(func(ch *amqp.Channel) error {
		found, err := ch.QueueDeclarePassive(name, true, false, false, false, nil)
		n = found.Messages
		return err
	})
	return n, err
}

// Waiting counts what no consumer has been handed.
func (q *Queue) Waiting(_ context.Context, name string) (int, error) { return q.ready(name) }

// refused tells that trying again won't help until somebody changes a setting.
func refused(err error) bool {
	return hasCode(err, amqp.AccessRefused, amqp.NotAllowed)
}

func hasCode(err error, codes ...int) bool {
	var e *amqp.Error
	if !errors.As(err, &e) {
		return false
	}
	for _, c := range codes {
		if e.Code == c {
			return true
		}
	}
	return false
}
