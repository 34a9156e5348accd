package relay_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/relay"
	"github.com/agentportal/portal/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memoryLog is a log in memory that can be made to fail and to be trimmed.
type memoryLog struct {
	mu     sync.Mutex
	events map[string][]portal.Event // all of them, trimmed ones too
	first  int64
	broken bool
	reads  atomic.Int64
}

func newMemoryLog() *memoryLog { return &memoryLog{events: map[string][]portal.Event{}, first: 1} }

// commit appends n events and returns them.
func (l *memoryLog) commit(tenant string, n int) []portal.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := len(l.events[tenant])
	for i := range n {
		seq := int64(from + i + 1)
		l.events[tenant] = append(l.events[tenant], portal.Event{Seq: seq, Type: portal.ConversationUpdated,
			ConversationID: "c", Body: []byte(fmt.Sprintf(`{"seq":%d}`, seq))})
	}
	return l.events[tenant][from:]
}

func (l *memoryLog) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

func (l *memoryLog) View(_ context.Context, tenant string, fn func(store.ReadTx) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken {
		return portal.Errorf(portal.Unavailable, "the log is away")
	}
	return fn(memoryTx{l: l, tenant: tenant})
}

func (l *memoryLog) Heads(context.Context) (map[string]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	heads := map[string]int64{}
	for tenant, events := range l.events {
		heads[tenant] = int64(len(events))
	}
	return heads, nil
}

type memoryTx struct {
	store.ReadTx
	l      *memoryLog
	tenant string
}

func (t memoryTx) LastSeq(context.Context) (int64, error) {
	return int64(len(t.l.events[t.tenant])), nil
}

func (t memoryTx) FirstSeq(context.Context) (int64, error) {
	return min(t.l.first, int64(len(t.l.events[t.tenant]))+1), nil
}

func (t memoryTx) Events(_ context.Context, after int64, limit int) ([]portal.Event, error) {
	t.l.reads.Add(1)
	var page []portal.Event
	for _, e := range t.l.events[t.tenant] {
		if e.Seq > after && e.Seq >= t.l.first && len(page) < limit {
			page = append(page, e)
		}
	}
	return page, nil
}

// recorder notes what was delivered.
type recorder struct {
	mu   sync.Mutex
	seqs map[string][]int64
}

func (r *recorder) Encode(_ string, e portal.Event) (string, error) { return string(e.Body), nil }

func (r *recorder) Deliver(tenant string, e relay.Entry[string]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seqs == nil {
		r.seqs = map[string][]int64{}
	}
	r.seqs[tenant] = append(r.seqs[tenant], e.Seq)
}

// Skipped notes a skip as a 0.
func (r *recorder) Skipped(tenant string) { r.Deliver(tenant, relay.Entry[string]{}) }

func (r *recorder) of(tenant string) []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]int64(nil), r.seqs[tenant]...)
}

func upTo(from, to int64) []int64 {
	var seqs []int64
	for s := from; s <= to; s++ {
		seqs = append(seqs, s)
	}
	return seqs
}

func start(t *testing.T, log *memoryLog) (*relay.Relay[string], *recorder) {
	t.Helper()
	return startWith(t, relay.Config[string]{Log: log, Window: 16, Page: 8})
}

func startWith(t *testing.T, c relay.Config[string]) (*relay.Relay[string], *recorder) {
	t.Helper()
	rec := &recorder{}
	c.Sink = rec
	r := relay.New(c)
	t.Cleanup(r.Close)
	for _, tenant := range []string{"acme", "globex"} {
		require.NoError(t, r.Do(t.Context(), tenant, func(int64) {}))
	}
	return r, rec
}

func TestDelivery(t *testing.T) {
	t.Run("RELAY-1 everything once and in order, from where the loop began", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			log := newMemoryLog()
			log.commit("acme", 5)
			r, rec := start(t, log)
			r.Committed("acme", log.commit("acme", 3))
			log.commit("globex", 40)
			r.Hint("globex")
			synctest.Wait()
			require.Equal(t, upTo(6, 8), rec.of("acme"))
			require.Equal(t, upTo(1, 40), rec.of("globex"))
			reads := log.reads.Load()
			r.Moved("globex", 40) // known already
			synctest.Wait()
			require.Equal(t, reads, log.reads.Load())
			log.commit("globex", 2)
			r.Moved("globex", 42)
			synctest.Wait()
			require.Equal(t, upTo(1, 42), rec.of("globex"))
			r.Close()
		})
	})
	t.Run("RELAY-2 hand-overs shuffled, doubled and lost", func(t *testing.T) {
		for seed := range uint64(50) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				log := newMemoryLog()
				r, rec := start(t, log)
				var batches [][]portal.Event
				for range 30 {
					batches = append(batches, log.commit("acme", 1+random.IntN(4)))
				}
				last := batches[len(batches)-1]
				random.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
				for _, b := range batches {
					for range random.IntN(3) {
						r.Committed("acme", b)
					}
				}
				r.Hint("acme")
				synctest.Wait()
				require.Equal(t, upTo(1, last[len(last)-1].Seq), rec.of("acme"), "seed %d", seed)
				r.Close()
			})
		}
	})
	t.Run("RELAY-4 an unreadable log delays and loses nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			log := newMemoryLog()
			r, rec := start(t, log)
			log.commit("acme", 20)
			log.set(func() { log.broken = true })
			r.Hint("acme")
			synctest.Wait()
			require.Empty(t, rec.of("acme"))
			require.NoError(t, r.Do(t.Context(), "acme", func(pos int64) { require.Zero(t, pos) }))
			log.set(func() { log.broken = false })
			require.NoError(t, r.WaitFor(t.Context(), "acme", 20))
			require.Equal(t, upTo(1, 20), rec.of("acme"))
			r.Close()
		})
	})
	t.Run("RELAY-7 what was trimmed before it was read is skipped, and said so", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for first, want := range map[int64][]int64{15: append([]int64{0}, upTo(15, 21)...), 99: {0, 21}} {
				log := newMemoryLog()
				r, rec := start(t, log)
				log.commit("acme", 20)
				log.set(func() { log.first = first }) // 99: nothing is left
				r.Hint("acme")
				synctest.Wait()
				log.set(func() { log.first = min(first, 21) })
				log.commit("acme", 1)
				r.Hint("acme")
				synctest.Wait()
				require.Equal(t, want, rec.of("acme"))
				r.Close()
			}
		})
	})
	t.Run("RELAY-6 the poll heals a lost hint", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			log := newMemoryLog()
			r, rec := start(t, log)
			log.commit("acme", 3)
			synctest.Wait()
			require.Empty(t, rec.of("acme"))
			time.Sleep(1100 * time.Millisecond) // the fake clock's
			synctest.Wait()
			require.Equal(t, upTo(1, 3), rec.of("acme"))
			require.EqualValues(t, 3, r.Lag(), "what the poll has found")
			time.Sleep(time.Second)
			require.Zero(t, r.Lag())
			r.Close()
		})
	})
}

func TestDo(t *testing.T) {
	t.Run("RELAY-3 runs between two events", func(t *testing.T) {
		log := newMemoryLog()
		r, rec := start(t, log)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 200 {
				r.Committed("acme", log.commit("acme", 1))
			}
		}()
		for range 200 {
			require.NoError(t, r.Do(t.Context(), "acme", func(pos int64) {
				require.Len(t, rec.of("acme"), int(pos))
			}))
		}
		<-done
		require.NoError(t, r.WaitFor(t.Context(), "acme", 200))
	})
}

func TestRead(t *testing.T) {
	readAll := func(r *relay.Relay[string], after int64) (seqs []int64, err error) {
		for {
			entries, err := r.Read(context.Background(), "acme", after)
			if err != nil || len(entries) == 0 {
				return seqs, err
			}
			for _, e := range entries {
				seqs = append(seqs, e.Seq)
			}
			after = seqs[len(seqs)-1]
		}
	}
	t.Run("RELAY-5 from any position, in memory and further back", func(t *testing.T) {
		log := newMemoryLog()
		log.commit("acme", 21)
		r, _ := start(t, log)
		r.Committed("acme", log.commit("acme", 30))
		require.NoError(t, r.WaitFor(t.Context(), "acme", 51))
		for from := range int64(52) {
			seqs, err := readAll(r, from)
			require.NoError(t, err)
			require.Equal(t, upTo(from+1, 51), seqs, "from %d", from)
		}
	})
	t.Run("RELAY-5 concurrent replays share their reading", func(t *testing.T) {
		log := newMemoryLog()
		log.commit("acme", 400)
		r, _ := start(t, log)
		before := log.reads.Load()
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				seqs, err := readAll(r, 0)
				require.NoError(t, err)
				require.Len(t, seqs, 400)
			})
		}
		wg.Wait()
		require.LessOrEqual(t, log.reads.Load()-before, int64(100), "50 pages for 200 replays")
	})
	t.Run("RELAY-8 few large events stay in memory, the newest always, and any position is read all the same", func(t *testing.T) {
		log := newMemoryLog()
		log.commit("acme", 21)
		// A body has 10 bytes: room for 5 in the window, and for two pages of 8.
		r, _ := startWith(t, relay.Config[string]{Log: log, Window: 16, Page: 8, WindowBytes: 55, KeepBytes: 170})
		r.Committed("acme", log.commit("acme", 30))
		require.NoError(t, r.WaitFor(t.Context(), "acme", 51))
		tail := func(after int64) []int64 {
			entries, ok := r.Tail("acme", after)
			if !ok {
				return nil
			}
			seqs := []int64{}
			for _, e := range entries {
				seqs = append(seqs, e.Seq)
				require.NotEmpty(t, e.Frame)
			}
			return seqs
		}
		require.Nil(t, tail(45))
		require.Equal(t, upTo(47, 51), tail(46))
		for range 2 {
			for from := range int64(52) {
				seqs, err := readAll(r, from)
				require.NoError(t, err)
				require.Equal(t, upTo(from+1, 51), seqs, "from %d", from)
			}
		}
		before := log.reads.Load()
		_, err := readAll(r, 0)
		require.NoError(t, err)
		require.GreaterOrEqual(t, log.reads.Load()-before, int64(4), "of six pages at most two were kept")

		large := log.commit("acme", 2)
		for i := range large {
			large[i].Body = make([]byte, 100)
		}
		r.Committed("acme", large)
		require.NoError(t, r.WaitFor(t.Context(), "acme", 53))
		require.Nil(t, tail(51))
		require.Equal(t, []int64{53}, tail(52), "larger than the room, and kept")
		seqs, err := readAll(r, 50)
		require.NoError(t, err)
		require.Equal(t, upTo(51, 53), seqs)
		r.Committed("acme", log.commit("acme", 1))
		require.NoError(t, r.WaitFor(t.Context(), "acme", 54))
		require.Equal(t, []int64{54}, tail(53))
	})
	t.Run("RELAY-5 what was trimmed is gone", func(t *testing.T) {
		log := newMemoryLog()
		log.commit("acme", 40)
		log.set(func() { log.first = 13 })
		r, _ := start(t, log)
		_, err := readAll(r, 11)
		require.Equal(t, portal.Gone, portal.CodeOf(err))
		seqs, err := readAll(r, 12)
		require.NoError(t, err)
		require.Equal(t, upTo(13, 40), seqs)
	})
}
