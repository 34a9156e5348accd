package sqlite

import (
	"context"
	"database/sql"
	"sync/atomic"

	"github.com/agentportal/portal"
)

// groupLimit bounds how many jobs share a commit, and so how long the first of
// them waits for it.
const groupLimit = 128

// writer gives the one writing connection to one job at a time, and lets the
// jobs that wait for it share a commit: the last of them, or the one that fills
// the group, commits for all. So a lone job commits at once, and under load the
// price of synchronising the disk is split.
//
// A job runs on its caller's goroutine. It is told its outcome only when the
// group's is known, because it may have seen what its neighbours wrote.
type writer struct {
	db       *sql.DB
	turn     chan struct{} // holds one token; the fields below belong to its owner
	arrivals atomic.Int64  // jobs that came for the token
	served   int64         // jobs that got it
	open     *group
	// When beginning failed: the jobs that were waiting then share the failure
	// instead of waiting for the lock one after another.
	refused    int64 // highest arrival
	refusedErr error
}

// group is one transaction of the database.
type group struct {
	tx    *sql.Tx
	jobs  int
	after []func()
	done  chan struct{} // closed when err is known
	err   error
}

func newWriter(db *sql.DB) *writer {
	w := &writer{db: db, turn: make(chan struct{}, 1)}
	w.turn <- struct{}{}
	return w
}

// run runs job with all of its statements or none committed. After the commit,
// and before the next group, committed is called, in the order of the jobs.
func (w *writer) run(ctx context.Context, job func(*conn) error, committed func()) error {
	arrival := w.arrivals.Add(1)
	<-w.turn
	w.served++
	g, err := w.join(ctx, arrival)
	if err == nil {
		err = w.do(g, job, committed)
	}
	w.leave()
	if g == nil {
		return err
	}
	<-g.done
	if g.err != nil {
		return g.err
	}
	return err
}

// join begins a group where none is open.
func (w *writer) join(ctx context.Context, arrival int64) (*group, error) {
	if arrival <= w.refused {
		return nil, w.refusedErr
	}
	if err := ctx.Err(); err != nil {
		return nil, mapError(err, "database")
	}
	if w.open != nil {
		return w.open, nil
	}
	tx, err := w.db.BeginTx(context.Background(), nil) // the group outlives this caller's context
	if err != nil {
		w.refused, w.refusedErr = w.arrivals.Load(), mapError(err, "database")
		return nil, w.refusedErr
	}
	w.open = &group{tx: tx, done: make(chan struct{})}
	return w.open, nil
}

// do runs the job in g and takes back what it did if it fails or panics.
func (w *writer) do(g *group, job func(*conn) error, committed func()) (err error) {
	first := g.jobs == 0
	g.jobs++
	if !first {
		if _, err := g.tx.Exec("SAVEPOINT job"); err != nil {
			return w.abort(g, err)
		}
	}
	returned := false
	defer func() {
		if !returned { // a panic, or a test's FailNow: the turn must go on
			w.undo(g, first)
			w.leave()
		}
	}()
	c := &conn{q: g.tx}
	if err = job(c); err == nil {
		err = c.failed
	}
	returned = true
	if err != nil {
		w.undo(g, first)
		return err
	}
	if !first {
		if _, err := g.tx.Exec("RELEASE job"); err != nil {
			return w.abort(g, err)
		}
	}
	if committed != nil {
		g.after = append(g.after, committed)
	}
	return nil
}

// undo takes back one job. If the database has rolled back the whole group on
// its own, the neighbours are told so.
func (w *writer) undo(g *group, first bool) {
	if first {
		_ = g.tx.Rollback()
		w.end(g, nil)
		return
	}
	if _, err := g.tx.Exec("ROLLBACK TO job; RELEASE job"); err != nil {
		_ = w.abort(g, err)
	}
}

// leave gives the turn to the next job, committing first if none is waiting.
func (w *writer) leave() {
	if g := w.open; g != nil && (g.jobs >= groupLimit || w.arrivals.Load() == w.served) {
		if err := g.tx.Commit(); err != nil {
			_ = w.abort(g, err)
		} else {
			for _, fn := range g.after {
				fn()
			}
			w.end(g, nil)
		}
	}
	w.turn <- struct{}{}
}

// abort gives the whole group up.
func (w *writer) abort(g *group, err error) error {
	_ = g.tx.Rollback()
	reason := mapError(err, "database")
	if portal.CodeOf(reason) != portal.Unavailable {
		reason = &portal.Error{Code: portal.Unavailable, Message: "the change couldn't be committed", Err: err}
	}
	w.end(g, reason)
	return g.err
}

// end tells the outcome to everyone in g.
func (w *writer) end(g *group, err error) {
	g.err = err
	w.open = nil
	close(g.done)
}
