package embedded

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/queue"
)

// settlement settles one message.
type settlement struct {
	queue *Queue
	id    int64
}

// Ack never fails: the writer tries until it has removed the message.
func (s *settlement) Ack(context.Context) error {
	s.queue.writer.ack(s.id)
	return nil
}

// Dead moves the message in one transaction. Done twice, because the first time's outcome wasn't known, it
// moves nothing more.
func (s *settlement) Dead(ctx context.Context, reason string) error {
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	defer failpoint.Hit(failpoint.LetterStored)
	return s.queue.writer.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO queue_dead (queue, message_id, headers, body, reason, at)
			SELECT queue, message_id, headers, body, ?, ? FROM queue_messages WHERE id = ?`,
			reason, time.Now().UnixMilli(), s.id)
		if err != nil {
			return err
		}
		return remove(ctx, tx, []int64{s.id})
	})
}

// deadLetters is the admin's view of the table of dead letters.
type deadLetters struct{ queue *Queue }

// DeadLetters is the admin's view.
func (q *Queue) DeadLetters() queue.DeadLetters { return deadLetters{q} }

// Put stores a letter of its own.
func (l deadLetters) Put(ctx context.Context, name string, m queue.Message, reason string) error {
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	return l.queue.writer.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		headers, body, err := columns(m)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO queue_dead (queue, message_id, headers, body, reason, at) VALUES (?, ?, ?, ?, ?, ?)`,
			name, m.ID, headers, body, reason, time.Now().UnixMilli())
		return err
	})
}

// List returns the oldest letters.
func (l deadLetters) List(ctx context.Context, name string, limit int) (letters []queue.DeadLetter, err error) {
	if l.queue.ctx.Err() != nil {
		return nil, queue.ErrClosed
	}
	rows, err := l.queue.db.QueryContext(ctx, `SELECT id, message_id, headers, body, reason, at FROM queue_dead
		WHERE queue = ? ORDER BY id LIMIT ?`, name, max(limit, 0))
	if err != nil {
		return nil, unavailable(err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	letters = []queue.DeadLetter{}
	for rows.Next() {
		d := queue.DeadLetter{Queue: name}
		var id, at int64
		var headers string
		if err := rows.Scan(&id, &d.ID, &headers, &d.Body, &d.Reason, &at); err != nil {
			return nil, unavailable(err)
		}
		if err := json.Unmarshal([]byte(headers), &d.Headers); err != nil {
			return nil, err
		}
		d.Key, d.At = strconv.FormatInt(id, 10), time.UnixMilli(at)
		letters = append(letters, d)
	}
	return letters, unavailable(rows.Err())
}

// Count tells how many letters there are.
func (l deadLetters) Count(ctx context.Context, name string) (n int, err error) {
	if l.queue.ctx.Err() != nil {
		return 0, queue.ErrClosed
	}
	err = l.queue.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM queue_dead WHERE queue = ?`, name).Scan(&n)
	return n, unavailable(err)
}

// Republish moves a letter back to the end of its queue, in one transaction.
func (l deadLetters) Republish(ctx context.Context, name, key string) error {
	found, err := l.take(ctx, name, key, `INSERT INTO queue_messages (queue, message_id, headers, body)
		SELECT queue, message_id, headers, body FROM queue_dead WHERE id = ? AND queue = ?`)
	if err != nil {
		return err
	}
	if !found {
		return queue.ErrNotFound
	}
	failpoint.Hit(failpoint.LetterRepublished)
	l.queue.wake(name)
	return nil
}

// Discard removes a letter.
func (l deadLetters) Discard(ctx context.Context, name, key string) error {
	found, err := l.take(ctx, name, key, "")
	if err == nil && !found {
		return queue.ErrNotFound
	}
	return err
}

// take removes a letter after the statement before, if any, has seen it.
func (l deadLetters) take(ctx context.Context, name, key, before string) (bool, error) {
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return false, nil // not a key of ours: names nothing
	}
	var found bool // the job's until do returns nil
	err = l.queue.writer.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if before != "" {
			if _, err := tx.ExecContext(ctx, before, id, name); err != nil {
				return err
			}
		}
		res, err := tx.ExecContext(ctx, `DELETE FROM queue_dead WHERE id = ? AND queue = ?`, id, name)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		found = n > 0
		return err
	})
	if err != nil {
		return false, err
	}
	return found, nil
}
