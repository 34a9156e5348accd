package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/agentportal/portal/internal/queue"
)

// publisher publishes with confirms over one channel. What callers publish at the same time shares the wait.
type publisher struct {
	link    *link
	session *slot[pubSession]

	mu    sync.Mutex
	names map[string]bool // declared by the owner: known to exist or not yet
}

// letter is one message on its way to a queue.
type letter struct {
	queue string
	amqp.Publishing
}

func newPublisher(cfg Config) *publisher {
	return &publisher{link: newLink(cfg, "publish"), session: newSlot[pubSession](), names: map[string]bool{}}
}

// run keeps the connection and a session on it until ctx is done.
func (p *publisher) run(ctx context.Context) {
	var connecting sync.WaitGroup
	connecting.Go(func() { p.link.run(ctx) })
	defer connecting.Wait()
	for ctx.Err() == nil {
		conn, err := p.link.conn.now()
		if err != nil {
			p.session.set(nil, err)
			_, _ = p.link.conn.get(ctx)
			continue
		}
		s, err := p.open(conn)
		if err != nil {
			if p.session.set(nil, err) {
				p.link.log.Warn("can't publish for now, trying again", "error", err)
			}
			pause(ctx, firstRetry)
			continue
		}
		p.session.set(s, nil)
		err = s.serve(ctx)
		p.session.set(nil, err)
		close(s.done)
		_ = s.ch.Close()
	}
	p.session.set(nil, queue.ErrClosed)
}

// open makes the declared queues and a channel to publish on.
func (p *publisher) open(conn *amqp.Connection) (*pubSession, error) {
	p.mu.Lock()
	names := slices.Sorted(maps.Keys(p.names))
	p.mu.Unlock()
	for _, name := range names {
		if err := ensure(conn, name); err != nil {
			return nil, err
		}
		p.exists(name)
	}
	ch, err := conn.Channel()
	if err != nil {
		return nil, err
	}
	if err := ch.Confirm(false); err != nil {
		return nil, errors.Join(err, ch.Close())
	}
	return newPubSession(ch), nil
}

// declare makes the queues, waiting for the broker until ctx is done, and remembers them for after a reconnect.
func (p *publisher) declare(ctx context.Context, names []string) error {
	p.mu.Lock()
	for _, name := range names {
		if _, known := p.names[name]; !known {
			p.names[name] = false
		}
	}
	p.mu.Unlock()
	for _, name := range names {
		if err := p.declareOne(ctx, name); err != nil {
			return fmt.Errorf("declare %s: %w", name, err)
		}
	}
	return nil
}

func (p *publisher) declareOne(ctx context.Context, name string) error {
	for {
		err := p.tryDeclare(ctx, name)
		if err == nil {
			p.exists(name)
			return nil
		}
		if refused(err) || errors.Is(err, queue.ErrClosed) || ctx.Err() != nil {
			return unavailable(err)
		}
		pause(ctx, firstRetry)
	}
}

// tryDeclare waits for a connection for a moment only, to look at why there is none.
func (p *publisher) tryDeclare(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, firstRetry)
	defer cancel()
	conn, err := p.link.conn.get(ctx)
	if err != nil {
		return err
	}
	return ensure(conn, name)
}

func (p *publisher) exists(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.names[name] = true
}

// declared tells whether all declared queues have been seen to exist.
func (p *publisher) declared() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ok := range p.names {
		if !ok {
			return false
		}
	}
	return len(p.names) > 0
}

// publish returns once the broker has confirmed all letters. It fails at once where there is no broker.
func (p *publisher) publish(ctx context.Context, letters []letter) error {
	for part := range slices.Chunk(letters, requestSize) {
		s, err := p.session.now()
		if err != nil {
			return err
		}
		if err := s.publish(ctx, part); err != nil {
			return err
		}
	}
	return nil
}
