package embedded

import (
	"context"
	"encoding/json"
	"time"

	"github.com/agentportal/portal/internal/queue"
)

// pageSize bounds the messages read at once.
const pageSize = 64

// consumption is one call of Consume. Queue.mu guards active.
type consumption struct {
	name   string
	opts   queue.ConsumeOptions
	active bool
	wake   chan struct{} // there may be something new
}

// stored is a message with its place in the queue.
type stored struct {
	queue.Message
	id int64
}

// Consume hands out the queue's messages; see [queue.Queue]. Several callers take turns, one at a time.
func (q *Queue) Consume(ctx context.Context, name string, opts queue.ConsumeOptions, h queue.Handler) error {
	c := &consumption{name: name, opts: opts.WithDefaults(), wake: make(chan struct{}, 1)}
	holder, ok := q.begin(c)
	if !ok {
		return queue.ErrClosed
	}
	defer q.finish(c)
	select {
	case holder <- struct{}{}:
		defer func() { <-holder }()
	case <-ctx.Done():
		return nil
	case <-q.ctx.Done():
		return queue.ErrClosed
	}
	for {
		err := q.consumeOnce(ctx, c, h)
		q.setActive(c, false)
		switch {
		case q.ctx.Err() != nil:
			return queue.ErrClosed
		case ctx.Err() != nil:
			return nil
		}
		q.note(err)
		select {
		case <-time.After(retryDelay):
		case <-ctx.Done():
		case <-q.ctx.Done():
		}
	}
}

// begin registers a consumer; Close waits for it.
func (q *Queue) begin(c *consumption) (holder chan struct{}, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, false
	}
	if q.holders[c.name] == nil {
		q.holders[c.name] = make(chan struct{}, 1)
	}
	q.inUse.Add(1)
	q.consuming[c] = struct{}{}
	return q.holders[c.name], true
}

func (q *Queue) finish(c *consumption) {
	q.mu.Lock()
	delete(q.consuming, c)
	q.mu.Unlock()
	q.inUse.Done()
}

func (q *Queue) setActive(c *consumption, active bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	c.active = active
}

// wake tells a queue's consumers that there may be something new.
func (q *Queue) wake(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for c := range q.consuming {
		if c.name != name {
			continue
		}
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// consumeOnce reads the queue from its front until a context is done or the database fails.
func (q *Queue) consumeOnce(ctx context.Context, c *consumption, h queue.Handler) error {
	// What a previous consumer acknowledged must be gone before the front is looked at.
	if err := q.writer.flush(ctx); err != nil {
		return err
	}
	q.note(nil)
	q.setActive(c, true)
	session := queue.NewSession(ctx, h)
	defer session.End()
	if err := q.handOut(ctx, c, session); err != nil {
		return err
	}
	q.setActive(c, false)
	if q.ctx.Err() == nil {
		defer context.AfterFunc(q.ctx, session.End)()
		session.Drain(c.opts.Drain)
	}
	return nil
}

// handOut hands messages to the session, in order and as many as the prefetch allows.
func (q *Queue) handOut(ctx context.Context, c *consumption, session *queue.Session) error {
	poll := time.NewTicker(q.poll)
	defer poll.Stop()
	var cursor int64
	look := true // there may be messages behind the cursor
	for ctx.Err() == nil && q.ctx.Err() == nil {
		if free := c.opts.Prefetch - session.Unsettled(); look && free > 0 {
			limit := min(free, pageSize)
			page, err := q.read(ctx, c.name, cursor, limit)
			if err != nil {
				return err
			}
			for _, m := range page {
				if ctx.Err() != nil || q.ctx.Err() != nil {
					return nil
				}
				cursor = m.id
				session.Hand(c.name, m.Message, q.handed(c.name, m.id), &settlement{queue: q, id: m.id})
			}
			look = len(page) == limit
			continue
		}
		select {
		case <-session.Settled():
		case <-c.wake:
			look = true
		case <-poll.C:
			look = true
		case <-ctx.Done():
		case <-q.ctx.Done():
		}
	}
	return nil
}

// handed tells whether a message may have been handed out before, and notes that it is now.
func (q *Queue) handed(name string, id int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	last := max(q.last[name], q.before)
	q.last[name] = max(last, id)
	return id <= last
}

// Waiting counts the messages behind the last that was handed out.
func (q *Queue) Waiting(ctx context.Context, name string) (n int, err error) {
	if q.ctx.Err() != nil {
		return 0, queue.ErrClosed
	}
	q.mu.Lock()
	last := q.last[name]
	q.mu.Unlock()
	err = q.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM queue_messages WHERE queue = ? AND id > ?`, name, last).Scan(&n)
	return n, unavailable(err)
}

// read returns the messages behind a place in the queue.
func (q *Queue) read(ctx context.Context, name string, after int64, limit int) (page []stored, err error) {
	rows, err := q.db.QueryContext(ctx, `SELECT id, message_id, headers, body FROM queue_messages
		WHERE queue = ? AND id > ? ORDER BY id LIMIT ?`, name, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	for rows.Next() {
		var m stored
		var headers string
		if err := rows.Scan(&m.id, &m.ID, &headers, &m.Body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(headers), &m.Headers); err != nil {
			return nil, err
		}
		page = append(page, m)
	}
	return page, rows.Err()
}
