package rabbitmq

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/agentportal/portal/internal/queue"
)

const (
	// maxUntold bounds the hints that wait to go out, maxUnheard those that wait for a node at the broker.
	maxUntold  = 4096
	maxUnheard = 10_000
)

// Hints are [queue.Hints] over a fanout exchange to which each node binds a queue of its own. Queue and exchange go
// with the nodes, so nothing stays at the broker. The queue is exclusive, since later brokers know no other
// transient ones.
type Hints struct {
	link  *link
	group string
	self  string // tells our own hints from those of others

	wake chan struct{} // capacity 1: a wake that is waiting is enough

	mu     sync.Mutex
	open   bool // there is a broker: what is told now goes out soon
	untold []queue.Hint
}

var _ queue.Hints = (*Hints)(nil)

// NewHints makes the hints of the nodes that name the same group; Run connects. It fails only when the URL can't be
// one.
func NewHints(cfg Config, group string) (*Hints, error) {
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	return &Hints{link: newLink(cfg, "hints"), group: group, self: rand.Text(), wake: make(chan struct{}, 1)}, nil
}

// Tell passes a hint on; see [queue.Hints].
func (h *Hints) Tell(hint queue.Hint) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.open {
		return
	}
	if hint.Key != "" {
		h.untold = slices.DeleteFunc(h.untold, func(o queue.Hint) bool { return o.Kind == hint.Kind && o.Key == hint.Key })
	}
	if len(h.untold) >= maxUntold {
		return
	}
	h.untold = append(h.untold, hint)
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Run connects and passes hints, again and again, until ctx is done.
func (h *Hints) Run(ctx context.Context, heard func(queue.Hint)) error {
	var connecting sync.WaitGroup
	connecting.Go(func() { h.link.run(ctx) })
	defer connecting.Wait()
	last := ""
	for ctx.Err() == nil {
		conn, err := h.link.conn.get(ctx)
		if err != nil {
			return nil // only the end of ctx ends the waiting
		}
		err = h.pass(ctx, conn, heard)
		if err != nil && ctx.Err() == nil && err.Error() != last {
			last = err.Error()
			h.link.log.Warn("no hints between the nodes for now, trying again; the poll replaces them", "error", err)
		}
		pause(ctx, lastRetry)
	}
	return nil
}

// pass passes hints over one channel until that breaks or ctx is done.
func (h *Hints) pass(ctx context.Context, conn *amqp.Connection, heard func(queue.Hint)) error {
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	defer func() { _ = ch.Close() }() // after a break it is closed already
	deliveries, err := h.listen(ch)
	if err != nil {
		return err
	}
	h.setOpen(true)
	defer h.setOpen(false)
	for {
		select {
		case d, ok := <-deliveries:
			if !ok {
				return errors.New("the broker ended the consumer")
			}
			if d.AppId != h.self {
				heard(queue.Hint{Kind: d.Type, Key: d.MessageId, Body: d.Body})
			}
		case <-h.wake:
			if err := h.publish(ctx, ch); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// listen makes the exchange and this node's queue.
func (h *Hints) listen(ch *amqp.Channel) (<-chan amqp.Delivery, error) {
	own, err := ch.QueueDeclare("", false, true, true, false, amqp.Table{"x-max-length": int32(maxUnheard)})
	if err != nil {
		return nil, err
	}
	// Right before it is bound: it goes with its last queue, so without one it would stay.
	if err := ch.ExchangeDeclare(h.group, amqp.ExchangeFanout, false, true, false, false, nil); err != nil {
		return nil, err
	}
	if err := ch.QueueBind(own.Name, "", h.group, false, nil); err != nil {
		return nil, err
	}
	return ch.Consume(own.Name, consumerTag, true, true, false, false, nil)
}

func (h *Hints) publish(ctx context.Context, ch *amqp.Channel) error {
	h.mu.Lock()
	untold := h.untold
	h.untold = nil
	h.mu.Unlock()
	for _, hint := range untold {
		if err := ch.PublishWithContext(ctx, h.group, "", false, false, amqp.Publishing{
			AppId: h.self, Type: hint.Kind, MessageId: hint.Key, Body: hint.Body, DeliveryMode: amqp.Transient,
		}); err != nil {
			return err
		}
	}
	return nil
}

// setOpen notes whether hints can go out; those that couldn't are old by the time that they could.
func (h *Hints) setOpen(open bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open, h.untold = open, nil
}
