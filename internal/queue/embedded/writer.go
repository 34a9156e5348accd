package embedded

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/agentportal/portal/internal/queue"
)

const (
	// batchSize bounds the jobs that share a transaction.
	batchSize = 256
	// txTimeout bounds one transaction, waiting for the database's lock included.
	txTimeout = 10 * time.Second
	// retryDelay is between attempts on a database that fails.
	retryDelay = 250 * time.Millisecond
)

// writer makes one transaction at a time of what is to be written just now: a commit costs a disk's flush, so
// sharing it is what makes the queue fast.
type writer struct {
	queue   *Queue
	jobs    chan *job
	kick    chan struct{} // there are acknowledgements
	stop    chan struct{}
	running sync.WaitGroup

	mu     sync.Mutex
	acked  []int64
	closed bool
}

// job is what one caller wants to be written.
type job struct {
	do     func(ctx context.Context, tx *sql.Tx) error
	answer chan error // buffered
}

func newWriter(q *Queue) *writer {
	return &writer{queue: q, jobs: make(chan *job), kick: make(chan struct{}, 1), stop: make(chan struct{})}
}

// do runs f in a transaction and returns once that is committed, or ctx is done; then the outcome isn't known.
func (w *writer) do(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	j := &job{do: f, answer: make(chan error, 1)}
	select {
	case w.jobs <- j:
	case <-w.stop:
		return queue.ErrClosed
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
	select {
	case err := <-j.answer:
		return unavailable(err)
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

// flush returns once everything acknowledged so far is written.
func (w *writer) flush(ctx context.Context) error {
	return w.do(ctx, func(context.Context, *sql.Tx) error { return nil })
}

// ack removes a message soon, and tries until it works.
func (w *writer) ack(id int64) {
	w.mu.Lock()
	w.acked = append(w.acked, id)
	w.mu.Unlock()
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// run writes until close.
func (w *writer) run() {
	for {
		var batch []*job
		select {
		case j := <-w.jobs:
			batch = w.collect(j)
		case <-w.kick:
		case <-w.stop:
			return
		}
		if !w.write(batch) {
			w.again()
		}
	}
}

// again lets acknowledgements that could not be written be tried once more.
func (w *writer) again() {
	select {
	case <-time.After(retryDelay):
	case <-w.stop:
	}
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// collect takes what else is to be written just now.
func (w *writer) collect(first *job) []*job {
	batch := []*job{first}
	for len(batch) < batchSize {
		select {
		case j := <-w.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// write commits acknowledgements and jobs together, or else one by one, so that a job that fails takes no other
// with it. It returns false where acknowledgements are still to be written.
func (w *writer) write(batch []*job) bool {
	w.mu.Lock()
	acked := w.acked
	w.acked = nil
	w.mu.Unlock()
	err := w.tx(acked, batch)
	if err == nil || len(batch) == 1 && len(acked) == 0 {
		answer(batch, err)
		return true
	}
	if len(acked) > 0 {
		if err := w.tx(acked, nil); err != nil {
			w.mu.Lock()
			w.acked = append(acked, w.acked...)
			w.mu.Unlock()
			answer(batch, err)
			return false
		}
	}
	for _, j := range batch {
		j.answer <- w.tx(nil, []*job{j})
	}
	return true
}

func answer(batch []*job, err error) {
	for _, j := range batch {
		j.answer <- err
	}
}

// tx runs one transaction. Its context is nobody's: a caller that stops waiting doesn't undo the others' work.
func (w *writer) tx(acked []int64, batch []*job) (err error) {
	defer func() { w.queue.note(err) }()
	ctx, cancel := context.WithTimeout(context.Background(), txTimeout)
	defer cancel()
	tx, err := w.queue.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}()
	if err := remove(ctx, tx, acked); err != nil {
		return err
	}
	for _, j := range batch {
		if err := j.do(ctx, tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// ignoreDone drops the error of rolling back what has ended already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// close writes what was acknowledged and ends. A second call does nothing.
func (w *writer) close() error {
	w.mu.Lock()
	closed := w.closed
	w.closed = true
	w.mu.Unlock()
	if closed {
		return nil
	}
	close(w.stop)
	w.running.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.acked) == 0 {
		return nil
	}
	return w.tx(w.acked, nil)
}

func remove(ctx context.Context, tx *sql.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM queue_messages WHERE id IN (SELECT value FROM json_each(?))`, string(list))
	return err
}

func insert(ctx context.Context, tx *sql.Tx, name string, m queue.Message) error {
	headers, body, err := columns(m)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO queue_messages (queue, message_id, headers, body) VALUES (?, ?, ?, ?)`,
		name, m.ID, headers, body)
	return err
}

// columns are a message's headers and body as they are stored.
func columns(m queue.Message) (headers string, body []byte, err error) {
	encoded, err := json.Marshal(m.Headers)
	body = m.Body
	if body == nil {
		body = []byte{} // nil would be NULL
	}
	return string(encoded), body, err
}
