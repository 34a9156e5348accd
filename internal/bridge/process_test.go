package bridge_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/bridge"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/queue/embedded"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
	"github.com/agentportal/portal/internal/whatsapp"
)

// busyTimeout is how long a transaction waits for another program's lock.
const busyTimeout = 2 * time.Second

// process is one run of the portal on the schedule's file: the database, the
// queue in it, and who works with both.
type process struct {
	s     *schedule
	db    *sqlite.Store
	queue *embedded.Queue
	*workers
	died []*workers // who may not be out of the door yet
}

// workers are a bridge and a sender. They may end while their process goes on.
type workers struct {
	s      *schedule
	desk   *desk.Desk
	sender *whatsapp.Sender
	wire   *wire
	cancel context.CancelFunc
	done   sync.WaitGroup
	dead   atomic.Bool // nothing that they do has an effect any more
}

// open starts a process; like its supervisor, until it comes up.
func (s *schedule) open() *process {
	for {
		p, err := s.tryOpen()
		if err == nil {
			return p
		}
		require.Equal(s.t, portal.Unavailable, portal.CodeOf(err), "%v", err)
		time.Sleep(time.Second)
	}
}

func (s *schedule) tryOpen() (*process, error) {
	db, err := sqlite.Open(s.t.Context(), sqlite.Config{Path: s.path, Exclusive: true, BusyTimeout: busyTimeout,
		Extra: []store.MigrationSet{{Table: embedded.VersionTable, FS: embedded.Migrations()}}})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(s.t.Context()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	db.OnCommit(s.committed)
	q, err := embedded.Open(s.t.Context(), embedded.Config{DB: db.DB(), Log: s.log})
	if err != nil {
		return nil, errors.Join(&portal.Error{Code: portal.Unavailable, Err: err}, db.Close())
	}
	p := &process{s: s, db: db, queue: q}
	p.employ()
	return p, nil
}

// employ starts a bridge and a sender.
func (p *process) employ() {
	s := p.s
	s.senders++
	w := &workers{s: s, wire: &wire{caller: s.senders, door: s.provider.door}}
	w.desk = desk.New(desk.Config{Store: failing{p.db, w}, Now: s.now, SendReady: func() { w.sender.Wake() }})
	w.sender = whatsapp.NewSender(whatsapp.SenderConfig{Outbox: w.desk, GraphURL: "http://graph.test", Now: s.now, Logger: s.log,
		Transport: &http.Transport{DialContext: w.wire.dial}})
	b := bridge.New(bridge.Config{Queue: failingQueue{p.queue, w}, Desk: w.desk, InboundQueue: inboundQueue, StatusQueue: statusQueue, Logger: s.log})
	ctx, cancel := context.WithCancel(s.t.Context())
	w.cancel = cancel
	for _, run := range []func(context.Context) error{b.Run, w.sender.Run} {
		w.done.Go(func() {
			if err := run(ctx); err != nil && !w.dead.Load() {
				s.complain("a part failed: %v", err)
			}
		})
	}
	p.workers = w
}

// kill ends workers as a crash does: what they were at comes to nothing, and
// nobody is told. What had reached the database by then is there, also what waited
// there for another program's lock: nothing of it comes later.
func (w *workers) kill() {
	w.die()
	w.cancel()
	if w.s.unlock() {
		time.Sleep(2 * busyTimeout)
	}
	synctest.Wait()
}

// die makes everything fail that workers do from now on.
func (w *workers) die() {
	if !w.dead.Swap(true) {
		w.s.all.deaths.Add(1)
	}
	w.wire.sever()
}

// crash ends the process without a word; a new one takes its place.
func (s *schedule) crash() {
	old := s.process
	old.die()
	_ = old.db.Close() // what it still holds is of no interest to the dead
	old.kill()
	s.goingOn.Go(func() {
		old.finish()
		_ = old.queue.Close()
	})
	s.process = s.open()
}

// crashWorkers ends the bridge and the sender; what the sender had leased stays so.
func (s *schedule) crashWorkers() {
	old := s.workers
	old.kill()
	s.died = append(s.died, old)
	s.employ()
}

// finish waits for all workers to finish what they hold.
func (p *process) finish() {
	p.cancel()
	for _, w := range append(p.died, p.workers) {
		w.done.Wait()
	}
}

// leave ends whatever runs, however the schedule went.
func (s *schedule) leave() {
	s.unlock()
	if s.process != nil {
		s.finish()
		_ = s.queue.Close()
		_ = s.db.Close()
	}
	s.goingOn.Wait()
	_ = s.provider.server.Close()
}

// stop ends the process in order.
func (s *schedule) stop() {
	s.finish()
	_ = s.queue.Close() // acknowledgements that can't be written now: what they are of comes again
	require.NoError(s.t, s.db.Close())
}

// try does something to the database that may fail, before or after it was done,
// and may be the last that these workers do.
func (w *workers) try(do func() error) error {
	if w.dead.Load() {
		return w.fault()
	}
	switch n := w.s.faults.n(200); {
	case w.s.calm.Load():
		return do()
	case n == 0:
		w.die()
		return w.fault()
	case n == 1:
		err := do()
		w.die()
		return errors.Join(w.fault(), err)
	case n < 5, n < 60 && w.s.storm.Load():
		return w.fault()
	case n < 8, n < 80 && w.s.storm.Load():
		return errors.Join(do(), w.fault())
	default:
		return do()
	}
}

// fault is a failure that tells nothing, and takes its time.
func (w *workers) fault() error {
	if !w.dead.Load() {
		w.s.all.failed.Add(1)
		time.Sleep(time.Duration(w.s.faults.n(300)) * time.Millisecond)
	}
	if w.s.faults.in(2) {
		return portal.Errorf(portal.Internal, "something broke")
	}
	return portal.Errorf(portal.Unavailable, "the connection broke")
}

// failing is the database as workers see it.
type failing struct {
	store.Store
	w *workers
}

func (f failing) Update(ctx context.Context, tenantID string, fn func(store.Tx) error) error {
	return f.w.try(func() error { return f.Store.Update(ctx, tenantID, fn) })
}

func (f failing) ClaimSends(ctx context.Context, now time.Time, lease time.Duration, limit int) (sends []store.Send, err error) {
	err = f.w.try(func() (err error) {
		sends, err = f.Store.ClaimSends(ctx, now, lease, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return sends, nil
}

func (f failing) DelaySend(ctx context.Context, tenantID, messageID string, next time.Time) error {
	return f.w.try(func() error { return f.Store.DelaySend(ctx, tenantID, messageID, next) })
}

func (f failing) DropParked(ctx context.Context, id int64) error {
	return f.w.try(func() error { return f.Store.DropParked(ctx, id) })
}

// failingQueue is the queue as the bridge sees it.
type failingQueue struct {
	*embedded.Queue
	w *workers
}

func (q failingQueue) Consume(ctx context.Context, name string, opts queue.ConsumeOptions, h queue.Handler) error {
	return q.Queue.Consume(ctx, name, opts, queue.HandlerFunc(func(ctx context.Context, d *queue.Delivery) {
		h.Handle(ctx, queue.NewDelivery(d.Queue, d.Message, d.Redelivered, failingDelivery{d, q.w}))
	}))
}

// failingDelivery is settled through the wire that failingQueue is.
type failingDelivery struct {
	*queue.Delivery
	w *workers
}

func (d failingDelivery) Ack(ctx context.Context) error {
	return d.w.try(func() error { return d.Delivery.Ack(ctx) })
}

func (d failingDelivery) Dead(ctx context.Context, reason string) error {
	return d.w.try(func() error { return d.Delivery.Dead(ctx, reason) })
}
