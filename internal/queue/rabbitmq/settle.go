package rabbitmq

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/queue"
)

const (
	// headerDeadAt is when a message was dead-lettered, RFC 3339.
	headerDeadAt = "x-portal-dead-at"
	// headerKey names a dead letter.
	headerKey = "x-portal-key"
	// reasonSize bounds the reason in bytes: all headers of a message must fit into one frame.
	reasonSize = 2000
)

// settlement settles one delivery of one channel.
type settlement struct {
	queue    *Queue
	name     string
	session  *queue.Session
	delivery amqp.Delivery
}

// Ack fails only where the channel is gone, and then the message comes again.
func (s *settlement) Ack(context.Context) error {
	if err := s.delivery.Ack(false); err != nil {
		return queue.ErrLost
	}
	return nil
}

// Dead waits for the publishing connection while the consuming one lives.
func (s *settlement) Dead(ctx context.Context, reason string) error {
	l := deadLetter(s.name, s.delivery, reason, time.Now())
	for {
		err := s.queue.publisher.publish(ctx, []letter{l})
		switch {
		case err == nil:
			failpoint.Hit(failpoint.LetterStored)
			return s.Ack(ctx)
		case s.session.Context().Err() != nil || errors.Is(err, queue.ErrClosed):
			return queue.ErrLost
		case ctx.Err() != nil:
			return err
		}
		either(ctx, s.session.Context(), func(ctx context.Context) { pause(ctx, firstRetry) })
	}
}

// deadLetter is a delivery, whole, on its way to the dead-letter queue.
func deadLetter(name string, d amqp.Delivery, reason string, at time.Time) letter {
	p := again(d)
	mark(p.Headers, reason, at)
	return letter{queue: name + queue.DeadSuffix, Publishing: p}
}

// mark makes a message's headers those of a dead letter.
func mark(headers amqp.Table, reason string, at time.Time) {
	headers[queue.HeaderReason] = clip(reason)
	headers[headerDeadAt] = at.UTC().Format(time.RFC3339Nano)
	headers[headerKey] = newKey()
}

// again is a delivery to be published once more: all of it but what would let it expire, be refused for being
// published by another user, or reach further queues (CC).
func again(d amqp.Delivery) amqp.Publishing {
	headers := amqp.Table{}
	maps.Copy(headers, d.Headers)
	delete(headers, "CC")
	return amqp.Publishing{
		Headers: headers, Body: d.Body, DeliveryMode: amqp.Persistent, Priority: d.Priority,
		ContentType: d.ContentType, ContentEncoding: d.ContentEncoding, CorrelationId: d.CorrelationId,
		ReplyTo: d.ReplyTo, MessageId: d.MessageId, Timestamp: d.Timestamp, Type: d.Type, AppId: d.AppId,
	}
}

// clip makes a reason valid and short enough for a header.
func clip(reason string) string {
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	if len(reason) <= reasonSize {
		return reason
	}
	cut := reasonSize
	for !utf8.RuneStart(reason[cut]) {
		cut--
	}
	return reason[:cut] + "…"
}
