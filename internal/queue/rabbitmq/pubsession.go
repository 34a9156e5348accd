package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/agentportal/portal/internal/queue"
)

const (
	// requestSize bounds the letters of one request, batchSize those that wait for their confirms together.
	requestSize = 128
	batchSize   = 2 * requestSize
	// confirmTimeout ends a channel on which the broker confirms nothing.
	confirmTimeout = 10 * time.Second
)

// pubSession is one channel in confirm mode.
type pubSession struct {
	ch       *amqp.Channel
	requests chan pubRequest
	returns  chan amqp.Return // holds all of a batch, so that the library never waits for us
	done     chan struct{}
}

// pubRequest is at most requestSize letters of one caller.
type pubRequest struct {
	letters []letter
	answer  chan error // buffered
}

func newPubSession(ch *amqp.Channel) *pubSession {
	return &pubSession{
		ch: ch, requests: make(chan pubRequest), done: make(chan struct{}),
		returns: ch.NotifyReturn(make(chan amqp.Return, batchSize)),
	}
}

func (s *pubSession) publish(ctx context.Context, letters []letter) error {
	req := pubRequest{letters: letters, answer: make(chan error, 1)}
	select {
	case s.requests <- req:
	case <-s.done:
		return unavailable(errors.New("connection lost"))
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
	select {
	case err := <-req.answer:
		return unavailable(err)
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

// serve publishes what callers ask for until the channel breaks or ctx is done. It returns why it ended.
func (s *pubSession) serve(ctx context.Context) error {
	broken := s.ch.NotifyClose(make(chan *amqp.Error, 1))
	for {
		select {
		case req := <-s.requests:
			if err := s.flush(ctx, s.collect(req)); err != nil {
				return err
			}
		case err := <-broken:
			if err == nil {
				return errors.New("connection lost")
			}
			return err
		case <-ctx.Done():
			return queue.ErrClosed
		}
	}
}

// collect takes what else is being asked for just now.
func (s *pubSession) collect(first pubRequest) []pubRequest {
	batch, size := []pubRequest{first}, len(first.letters)
	for size <= batchSize-requestSize {
		select {
		case req := <-s.requests:
			batch, size = append(batch, req), size+len(req.letters)
		default:
			return batch
		}
	}
	return batch
}

// flush publishes a batch and answers each request. An error means that the session is over.
func (s *pubSession) flush(ctx context.Context, batch []pubRequest) error {
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	waits, broken := s.send(batch)
	errs := make([]error, len(batch))
	for i, req := range batch {
		if len(waits[i]) < len(req.letters) {
			errs[i] = broken
			continue
		}
		errs[i] = s.await(ctx, waits[i])
	}
	gone := s.returned()
	for i, req := range batch {
		for _, l := range req.letters {
			if gone[l.queue] && errs[i] == nil {
				errs[i] = fmt.Errorf("there is no queue %s", l.queue)
			}
		}
		req.answer <- errs[i]
	}
	switch {
	case broken != nil:
		return broken
	case ctx.Err() != nil:
		return errors.New("the broker confirms nothing")
	case len(gone) > 0:
		return errors.New("a queue is gone, making it again")
	}
	return nil
}

// send writes a batch. Of a request that could not be written as a whole, less confirmations are returned than
// it has letters.
func (s *pubSession) send(batch []pubRequest) (waits [][]*amqp.DeferredConfirmation, broken error) {
	waits = make([][]*amqp.DeferredConfirmation, len(batch))
	for i, req := range batch {
		for _, l := range req.letters {
			// Mandatory: a queue that was deleted meanwhile makes an error instead of a silent loss.
			wait, err := s.ch.PublishWithDeferredConfirm("", l.queue, true, false, l.Publishing)
			if err != nil {
				return waits, err
			}
			waits[i] = append(waits[i], wait)
		}
	}
	return waits, nil
}

func (s *pubSession) await(ctx context.Context, waits []*amqp.DeferredConfirmation) error {
	for _, wait := range waits {
		ok, err := wait.WaitContext(ctx)
		switch {
		case err != nil:
			return errors.New("the broker confirms nothing")
		case !ok && s.ch.IsClosed():
			return errors.New("connection lost")
		case !ok:
			return errors.New("the broker could not store the message")
		}
	}
	return nil
}

// returned tells which queues turned out not to exist. The broker sends a message back before it confirms it,
// and the library hands both on in that order, so all of a confirmed batch's are here.
func (s *pubSession) returned() map[string]bool {
	gone := map[string]bool{}
	for {
		select {
		case r, open := <-s.returns:
			if !open {
				return gone
			}
			gone[r.RoutingKey] = true
		default:
			return gone
		}
	}
}
