package bridge

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/queue"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeQueue hands out what a test publishes and notes how it is settled. It is a
// real queue.Session inside, so that draining and breaks are as they are elsewhere.
type fakeQueue struct {
	queue.Queue
	mu         sync.Mutex
	waiting    map[string]chan queue.Message
	broken     chan struct{} // closed to break the connection
	unsettled  map[string][]queue.Message
	journal    []string
	handed     int
	deadFails  bool
	declareErr error
	letters    []queue.DeadLetter
	consuming  bool
}

func newFakeQueue() *fakeQueue {
	return &fakeQueue{broken: make(chan struct{}), consuming: true, unsettled: map[string][]queue.Message{}, waiting: map[string]chan queue.Message{
		DefaultInboundQueue: make(chan queue.Message, 10_000), DefaultStatusQueue: make(chan queue.Message, 10_000)}}
}

func (q *fakeQueue) publish(name, id string, body []byte) {
	q.waiting[name] <- queue.Message{ID: id, Body: body}
}

func (q *fakeQueue) note(format string, args ...any) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.journal = append(q.journal, fmt.Sprintf(format, args...))
}

// take returns what was settled since the last call.
func (q *fakeQueue) take() []string {
	synctest.Wait()
	q.mu.Lock()
	defer q.mu.Unlock()
	journal := q.journal
	q.journal = nil
	return journal
}

func (q *fakeQueue) Declare(context.Context, ...string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.declareErr
}

// with changes or reads the queue's behaviour.
func (q *fakeQueue) with(change func(*fakeQueue)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change(q)
}

func (q *fakeQueue) State() queue.State {
	q.mu.Lock()
	defer q.mu.Unlock()
	return queue.State{Consuming: map[string]bool{DefaultStatusQueue: q.consuming}}
}

func (q *fakeQueue) Consume(ctx context.Context, name string, opts queue.ConsumeOptions, h queue.Handler) error {
	for ctx.Err() == nil {
		q.session(ctx, name, opts.WithDefaults(), h)
	}
	return nil
}

func (q *fakeQueue) session(ctx context.Context, name string, opts queue.ConsumeOptions, h queue.Handler) {
	q.mu.Lock()
	broken := q.broken
	again := q.unsettled[name]
	q.unsettled[name] = nil
	q.mu.Unlock()
	s := queue.NewSession(ctx, h)
	defer s.End()
	hand := func(m queue.Message, redelivered bool) {
		q.mu.Lock()
		q.handed++
		q.unsettled[name] = append(q.unsettled[name], m)
		q.mu.Unlock()
		s.Hand(name, m, redelivered, &fakeSettlement{queue: q, name: name, id: m.ID})
	}
	for _, m := range again {
		hand(m, true)
	}
	for {
		var more chan queue.Message
		if s.Unsettled() < opts.Prefetch {
			more = q.waiting[name]
		}
		select {
		case m := <-more:
			hand(m, false)
		case <-s.Settled():
		case <-broken:
			return
		case <-ctx.Done():
			s.Drain(opts.Drain)
			return
		}
	}
}

// cut breaks the connection; what is unsettled comes again.
func (q *fakeQueue) cut() {
	q.mu.Lock()
	defer q.mu.Unlock()
	close(q.broken)
	q.broken = make(chan struct{})
}

type fakeSettlement struct {
	queue    *fakeQueue
	name, id string
}

func (s *fakeSettlement) done() {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	s.queue.unsettled[s.name] = slices.DeleteFunc(s.queue.unsettled[s.name], func(m queue.Message) bool { return m.ID == s.id })
}

func (s *fakeSettlement) Ack(context.Context) error {
	s.done()
	s.queue.note("ack %s", s.id)
	return nil
}

func (s *fakeSettlement) Dead(_ context.Context, reason string) error {
	s.queue.mu.Lock()
	fails := s.queue.deadFails
	s.queue.mu.Unlock()
	if fails {
		return queue.ErrUnavailable
	}
	s.done()
	s.queue.note("dead %s: %s", s.id, reason)
	return nil
}

func (q *fakeQueue) DeadLetters() queue.DeadLetters { return fakeLetters{queue: q} }

type fakeLetters struct {
	queue.DeadLetters
	queue *fakeQueue
}

func (l fakeLetters) Put(_ context.Context, name string, m queue.Message, reason string) error {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	if l.queue.deadFails {
		return queue.ErrUnavailable
	}
	l.queue.letters = append(l.queue.letters, queue.DeadLetter{Message: m, Queue: name, Reason: reason})
	return nil
}

// fakeDesk takes in what it is told to, and notes the batches.
type fakeDesk struct {
	mu      sync.Mutex
	away    bool
	fail    map[string]error // by wamid
	batches [][]string       // wamids
	commit  chan struct{}    // if set, a commit waits for it
	asked   []time.Time
	expired []desk.ParkedReport
	dropErr error
}

func (d *fakeDesk) ResolveTenant(_ context.Context, tenantID, phoneNumberID string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.away:
		return "", portal.Errorf(portal.Unavailable, "away")
	case tenantID != "acme" && tenantID != "globex":
		return "", portal.Errorf(portal.NotFound, "no such tenant")
	}
	return tenantID, nil
}

func (d *fakeDesk) Receive(ctx context.Context, _ string, batch []desk.Inbound) []error {
	wamids, lanes := make([]string, len(batch)), make([]string, len(batch))
	for i, in := range batch {
		wamids[i], lanes[i] = in.WAMID, in.WaID
	}
	return d.apply(ctx, wamids, lanes)
}

func (d *fakeDesk) Report(ctx context.Context, _ string, batch []desk.Report) []error {
	wamids := make([]string, len(batch))
	for i, r := range batch {
		wamids[i] = r.WAMID
	}
	return d.apply(ctx, wamids, wamids)
}

// apply keeps the desk's promise: behind one that fails for now, its lane does, too.
func (d *fakeDesk) apply(ctx context.Context, wamids, lanes []string) []error {
	d.mu.Lock()
	commit := d.commit
	d.asked = append(d.asked, time.Now())
	d.mu.Unlock()
	if commit != nil {
		select {
		case <-commit:
		case <-ctx.Done():
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	errs := make([]error, len(wamids))
	held := map[string]error{}
	var applied []string
	for i, wamid := range wamids {
		switch {
		case d.away:
			errs[i] = portal.Errorf(portal.Unavailable, "away")
		case held[lanes[i]] != nil:
			errs[i] = held[lanes[i]]
		case d.fail[wamid] != nil:
			if errs[i] = d.fail[wamid]; !final(errs[i]) {
				held[lanes[i]] = errs[i]
			}
		default:
			applied = append(applied, wamid)
		}
	}
	if applied != nil {
		d.batches = append(d.batches, applied)
	}
	return errs
}

func (d *fakeDesk) ExpiredReports(_ context.Context, limit int) ([]desk.ParkedReport, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away {
		return nil, portal.Errorf(portal.Unavailable, "away")
	}
	return slices.Clone(d.expired[:min(limit, len(d.expired))]), nil
}

func (d *fakeDesk) DropReport(_ context.Context, id int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dropErr != nil {
		return d.dropErr
	}
	d.expired = slices.DeleteFunc(d.expired, func(r desk.ParkedReport) bool { return r.ID == id })
	return nil
}

// with changes the desk's behaviour.
func (d *fakeDesk) with(change func(*fakeDesk)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

// take returns the batches committed since the last call.
func (d *fakeDesk) take() [][]string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	batches := d.batches
	d.batches = nil
	return batches
}

// bench is a bridge that runs, in a bubble of its own.
type bench struct {
	t       *testing.T
	queue   *fakeQueue
	desk    *fakeDesk
	stop    func() // tells the bridge to stop and waits
	unknown int
	dead    int
	trouble atomic.Pointer[error] // why nothing can be committed
}

func bubble(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, queue: newFakeQueue(), desk: &fakeDesk{fail: map[string]error{}}}
		ready := func() error {
			if err := b.trouble.Load(); err != nil {
				return *err
			}
			return nil
		}
		br := New(Config{Queue: b.queue, Desk: b.desk, Ready: ready, Metrics: Metrics{
			UnknownStatus: func() { b.unknown++ },
			Dead:          func(string) { b.queue.mu.Lock(); defer b.queue.mu.Unlock(); b.dead++ },
		}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- br.Run(ctx) }()
		b.stop = sync.OnceFunc(func() {
			cancel()
			require.NoError(t, <-done)
		})
		defer b.stop()
		test(t, b)
	})
}

// inbound publishes a message of a contact; its wamid is its id.
func (b *bench) inbound(wamid, waID string) {
	b.queue.publish(DefaultInboundQueue, wamid, with(b.t, inboundExample, map[string]any{"wamid": wamid, "wa_id": waID, "phone_number_id": nil}))
}

func (b *bench) report(id, wamid, status string) {
	b.queue.publish(DefaultStatusQueue, id, with(b.t, reportExample, map[string]any{"wamid": wamid, "status": status}))
}
