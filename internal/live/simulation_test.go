package live_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/live"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
)

// pastFailures are seeds that once failed, kept as cases.
var pastFailures = []uint64{}

// schedules is how many random schedules a run of the tests plays;
// LIVE_SCHEDULES asks for another number, LIVE_SEED for one schedule again.
const schedules = 80

// TestSimulation plays random schedules of what customers, phones, agents,
// networks, nodes and databases do, each in a tenant of its own on two nodes
// that share a database, and holds what every client was sent against the log.
func TestSimulation(t *testing.T) {
	seeds := append([]uint64{}, pastFailures...)
	if only := os.Getenv("LIVE_SEED"); only != "" {
		seed, err := strconv.ParseUint(only, 10, 64)
		require.NoError(t, err)
		seeds = []uint64{seed}
	} else {
		n := schedules
		if asked, err := strconv.Atoi(os.Getenv("LIVE_SCHEDULES")); err == nil {
			n = asked
		}
		for range n {
			seeds = append(seeds, rand.Uint64())
		}
	}
	w := newWorld(t)
	t.Run("LIVE-40", func(t *testing.T) {
		for _, seed := range seeds {
			t.Run(fmt.Sprint("LIVE_SEED=", seed), func(t *testing.T) {
				t.Parallel()
				newSchedule(t, w, seed).play(60)
			})
		}
	})
	t.Logf("%d schedules: %d events, %d breaks, %d restarts, %d trims, %d failed commits, %d failures of nodes' sessions, %d returns recovered, %d not",
		len(seeds), w.events.Load(), w.breaks.Load(), w.restarts.Load(), w.trims.Load(), w.failed.Load(), w.flickers.Load(), w.recovered.Load(), w.fresh.Load())
	require.Positive(t, w.events.Load())
}

// world is two nodes on one database.
type world struct {
	db    *sqlite.Store
	desk  *desk.Desk
	ahead atomic.Int64 // how far the clock has jumped

	mu    sync.RWMutex // held for writing while a node is replaced
	nodes [2]*node

	journal journal

	logs   sync.Map // tenant → *tenantLog
	faults sync.Map // tenant → *dice of failing commits

	events, breaks, restarts, failed, flickers, recovered, fresh atomic.Int64
	trims, trimmed                                               atomic.Int64 // begun, ended
}

type node struct {
	live *live.Live
	http *httptest.Server
}

// tenantLog is every event that was committed, also of what was trimmed.
type tenantLog struct {
	mu     sync.Mutex
	events []portal.Event
}

func (l *tenantLog) all() []portal.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]portal.Event{}, l.events...)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db")})
	require.NoError(t, err)
	require.NoError(t, db.Migrate(t.Context()))
	w := &world{db: db}
	w.desk = desk.New(desk.Config{Store: failing{db, w}, Now: w.now, HashPassword: func(string) (string, error) { return "x", nil }})
	db.OnCommit(w.committed)
	for i := range w.nodes {
		w.nodes[i] = w.start(t, i)
	}
	t.Cleanup(func() {
		for _, n := range w.nodes {
			require.NoError(t, n.live.Close())
			n.http.Close()
		}
		require.NoError(t, db.Close())
	})
	return w
}

func (w *world) start(t *testing.T, i int) *node {
	t.Helper()
	c := live.Config{Store: flickering{w.db, w}, Access: anyone{}, Desk: w.desk, Node: fmt.Sprint("node", i, w.restarts.Load()), Shared: true}
	c.Logger = slog.New(&nodeLog{journal: &w.journal, node: c.Node})
	c.Relay.Poll = 20 * time.Millisecond
	l, err := live.New(context.WithoutCancel(t.Context()), c)
	require.NoError(t, err)
	return &node{l, httptest.NewServer(l)}
}

// restart replaces a node as a crash and a start do: nothing is drained, nobody
// is told.
func (w *world) restart(t *testing.T, i int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.restarts.Add(1)
	old := w.nodes[i]
	old.http.CloseClientConnections()
	require.NoError(t, old.live.Close())
	old.http.Close()
	w.nodes[i] = w.start(t, i)
}

// hint tells both nodes how far a log has come.
func (w *world) hint(tenant string, seq int64) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, n := range w.nodes {
		n.live.Hint(tenant, seq)
	}
}

// trim forgets all but the newest events. What a node hasn't read yet is mostly
// kept, as a retention of days keeps it.
func (w *world) trim(t *testing.T) {
	t.Helper()
	w.mu.RLock()
	defer w.mu.RUnlock()
	before := w.now()
	w.logs.Range(func(tenant, l any) bool {
		if events := l.(*tenantLog).all(); len(events) > 0 {
			for _, n := range w.nodes {
				until(t, func() error { return n.live.WaitFor(t.Context(), tenant.(string), events[len(events)-1].Seq) })
			}
		}
		return true
	})
	w.trims.Add(1)
	_, err := w.db.TrimEvents(t.Context(), before, 1000)
	require.NoError(t, err)
	w.trimmed.Add(1)
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// committed records what was committed and hands it to a node, or to none: then
// it has to find it by itself.
func (w *world) committed(tenant string, events []portal.Event) {
	v, _ := w.logs.LoadOrStore(tenant, &tenantLog{})
	l := v.(*tenantLog)
	l.mu.Lock()
	l.events = append(l.events, events...)
	l.mu.Unlock()
	w.events.Add(int64(len(events)))
	if i := rand.IntN(3); i < len(w.nodes) && w.mu.TryRLock() {
		w.nodes[i].live.Committed(tenant, events)
		w.mu.RUnlock()
	}
}

func (w *world) log(tenant string) *tenantLog {
	v, _ := w.logs.LoadOrStore(tenant, &tenantLog{})
	return v.(*tenantLog)
}

// url is where a client connects just now.
func (w *world) url(i int) string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.nodes[i].http.URL
}

// anyone may come in: a token is "tenant user".
type anyone struct{}

func (anyone) Verify(_ context.Context, token string) (portal.Identity, time.Time, error) {
	tenant, user, _ := strings.Cut(token, " ")
	return portal.Identity{TenantID: tenant, UserID: user, SessionID: token, Name: user, Role: portal.RoleAgent}, time.Now().Add(time.Hour), nil
}

func (anyone) OnSignOut(func(string)) {}

// dice are a schedule's own: the same seed, the same throws.
type dice struct {
	mu sync.Mutex
	r  *rand.Rand
}

func newDice(seed, stream uint64) *dice { return &dice{r: rand.New(rand.NewPCG(seed, stream))} }

func (d *dice) n(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.IntN(n)
}

// one in n.
func (d *dice) in(n int) bool { return d.n(n) == 0 }

// failing is the database with commits that fail, or that seem to.
type failing struct {
	*sqlite.Store
	w *world
}

var errUnknown = portal.Errorf(portal.Unavailable, "the connection broke")

// Update fails one time in twenty: half of these before anything was done, half
// after the commit, where its answer is lost.
func (f failing) Update(ctx context.Context, tenantID string, fn func(store.Tx) error) error {
	v, ok := f.w.faults.Load(tenantID)
	if !ok {
		return f.Store.Update(ctx, tenantID, fn)
	}
	switch d := v.(*dice); d.n(40) {
	case 0:
		f.w.failed.Add(1)
		return errUnknown
	case 1:
		f.w.failed.Add(1)
		return errors.Join(f.Store.Update(ctx, tenantID, fn), errUnknown)
	default:
		return f.Store.Update(ctx, tenantID, fn)
	}
}

// flickering is the database as nodes see it: what they read and what they store of
// their sessions fails one time in forty, half of the time after it was stored.
type flickering struct {
	*sqlite.Store
	w *world
}

func (f flickering) flicker(do func() error) error {
	switch rand.IntN(80) {
	case 0:
		f.w.flickers.Add(1)
		return errUnknown
	case 1:
		f.w.flickers.Add(1)
		return errors.Join(errUnknown, do())
	default:
		return do()
	}
}

func (f flickering) View(ctx context.Context, tenantID string, fn func(store.ReadTx) error) error {
	return f.flicker(func() error { return f.Store.View(ctx, tenantID, fn) })
}

func (f flickering) PutRecovery(ctx context.Context, s store.RecoverySession) error {
	return f.flicker(func() error { return f.Store.PutRecovery(ctx, s) })
}

func (f flickering) TakeRecovery(ctx context.Context, pid, node string, at time.Time) (s store.RecoverySession, err error) {
	err = f.flicker(func() (err error) {
		s, err = f.Store.TakeRecovery(ctx, pid, node, at)
		return err
	})
	return s, err
}

func (f flickering) SetRecoveryRooms(ctx context.Context, pid string, generation int64, rooms map[string]int64, at time.Time) error {
	return f.flicker(func() error { return f.Store.SetRecoveryRooms(ctx, pid, generation, rooms, at) })
}

// until does something until its outcome is known.
func until(t *testing.T, what func() error) {
	t.Helper()
	for range 100 {
		if err := what(); portal.CodeOf(err) != portal.Unavailable {
			require.NoError(t, err)
			return
		}
	}
	t.Fatal("never came through")
}
