package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var start = portal.At(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))

// backWithin is the contract's: the database is in use again 5 s after its return.
const backWithin = 5 * time.Second

// tenant opens a store with the tenant acme.
func tenant(t testing.TB, c Config) *Store {
	t.Helper()
	s := open(t, c)
	require.NoError(t, s.PutTenant(t.Context(), portal.Tenant{ID: "acme", Name: "Acme"}))
	return s
}

// say appends an event.
func say(ctx context.Context, s *Store) error {
	return s.Update(ctx, "acme", func(tx store.Tx) error { return speak(ctx, tx) })
}

func speak(ctx context.Context, tx store.Tx) error {
	seq, err := tx.NextSeq(ctx)
	if err != nil {
		return err
	}
	return tx.Append(ctx, portal.Event{Seq: seq, Type: portal.MessageNew, ConversationID: "c", At: start, Body: []byte(fmt.Sprintf(`{"seq":%d}`, seq))})
}

func last(t testing.TB, s *Store) int64 {
	t.Helper()
	heads, err := s.Heads(t.Context())
	require.NoError(t, err)
	return heads["acme"]
}

// soon calls say until it succeeds, and ends the test if that takes too long.
func soon(t *testing.T, s *Store) {
	t.Helper()
	for began := time.Now(); ; {
		err := say(t.Context(), s)
		if err == nil {
			return
		}
		require.Equal(t, portal.Unavailable, portal.CodeOf(err), "%v", err)
		require.Less(t, time.Since(began), backWithin, "%v", err)
	}
}

// PG-1
func TestNodesMigratingAtOnceDoItOnce(t *testing.T) {
	url := newSchema(t)
	var stores []*Store
	for range 4 {
		s, err := Open(t.Context(), Config{URL: url})
		require.NoError(t, err)
		t.Cleanup(func() { _ = s.Close() })
		stores = append(stores, s)
	}
	var wg sync.WaitGroup
	for _, s := range stores {
		wg.Go(func() {
			if err := s.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	epochs := map[string]bool{}
	for _, s := range stores {
		epoch, err := s.Epoch(t.Context())
		require.NoError(t, err)
		epochs[epoch] = true
	}
	require.Len(t, epochs, 1)
}

// PG-2
func TestANewerDatabaseIsRefused(t *testing.T) {
	s := open(t, Config{URL: newSchema(t)})
	_, err := s.pool.Exec(t.Context(), "INSERT INTO store_version (version_id, is_applied) VALUES (999, true)")
	require.NoError(t, err)
	err = s.Migrate(t.Context())
	require.Equal(t, portal.Conflict, portal.CodeOf(err))
	require.ErrorContains(t, err, "newer agentportal")
}

// PG-3
func TestAnAddressThatDoesntWorkIsRefusedWithoutShowingIt(t *testing.T) {
	for url, want := range map[string]portal.Code{
		"postgres://u:hunter2@127.0.0.1:port/x":                        portal.Invalid,
		"postgres://u:hunter2@127.0.0.1:1/x?sslmode=disable":           portal.Unavailable,
		strings.Replace(newSchema(t), "/postgres?", "/no_such_db?", 1): portal.Unavailable,
	} {
		_, err := Open(t.Context(), Config{URL: url})
		require.Equal(t, want, portal.CodeOf(err), "%v", err)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// PG-4
func TestTheDatabaseGoesAndComesBack(t *testing.T) {
	p, url := newProxy(t, newSchema(t))
	s := tenant(t, Config{URL: url})
	var busy sync.WaitGroup
	for range 5 { // several connections, so that several break
		busy.Go(func() { _ = s.Ping(t.Context()) })
	}
	busy.Wait()
	require.NoError(t, say(t.Context(), s))
	p.setDown(true)
	for range 3 {
		require.Equal(t, portal.Unavailable, portal.CodeOf(say(t.Context(), s)))
		require.Equal(t, portal.Unavailable, portal.CodeOf(s.Ping(t.Context())))
	}
	p.setDown(false)
	soon(t, s)
	require.EqualValues(t, 2, last(t, s))
}

// PG-4
func TestAFrozenDatabaseIsUnavailableSoon(t *testing.T) {
	p, url := newProxy(t, newSchema(t))
	s := tenant(t, Config{URL: url, Timeout: 300 * time.Millisecond})
	p.freeze()
	began := time.Now()
	var waiting sync.WaitGroup
	for range 50 { // they don't wait for each other's deadlines
		waiting.Go(func() {
			if err := say(t.Context(), s); portal.CodeOf(err) != portal.Unavailable {
				t.Error(err)
			}
		})
	}
	waiting.Wait()
	require.Equal(t, portal.Unavailable, portal.CodeOf(s.Ping(t.Context())))
	require.Less(t, time.Since(began), 5*time.Second)
	p.thaw()
	soon(t, s)
}

// PG-5
func TestAConnectionLostInTheMiddleCommitsNothing(t *testing.T) {
	p, url := newProxy(t, newSchema(t))
	s := tenant(t, Config{URL: url})
	heard := 0
	s.OnCommit(func(string, []portal.Event) { heard++ })
	err := s.Update(t.Context(), "acme", func(tx store.Tx) error {
		p.cut()
		return speak(t.Context(), tx)
	})
	require.Equal(t, portal.Unavailable, portal.CodeOf(err))
	require.Zero(t, heard)
	soon(t, s)
	require.EqualValues(t, 1, last(t, s))
	require.Equal(t, 1, heard)
}

// PG-6
func TestNodesShareOneLog(t *testing.T) {
	url := newSchema(t)
	const nodes, each = 3, 30
	var (
		wg    sync.WaitGroup
		heard [nodes][]int64
	)
	first := tenant(t, Config{URL: url})
	for node := range nodes {
		s := first
		if node > 0 {
			s = open(t, Config{URL: url})
		}
		s.OnCommit(func(_ string, events []portal.Event) { heard[node] = append(heard[node], events[0].Seq) })
		for range 3 {
			wg.Go(func() {
				for range each / 3 {
					if err := say(t.Context(), s); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	require.EqualValues(t, nodes*each, last(t, first))
	seen := map[int64]bool{}
	for _, seqs := range heard {
		require.Len(t, seqs, each, "a node hears of its own")
		require.IsIncreasing(t, seqs)
		for _, seq := range seqs {
			seen[seq] = true
		}
	}
	require.Len(t, seen, nodes*each)
}

// PG-7
func TestATenantLockedByAnotherNodeIsUnavailable(t *testing.T) {
	url := newSchema(t)
	s := tenant(t, Config{URL: url, Timeout: 200 * time.Millisecond})
	other := open(t, Config{URL: url})
	require.NoError(t, s.PutTenant(t.Context(), portal.Tenant{ID: "globex"}))
	require.NoError(t, other.Update(t.Context(), "acme", func(store.Tx) error {
		require.Equal(t, portal.Unavailable, portal.CodeOf(say(t.Context(), s)))
		require.NoError(t, s.Ping(t.Context()))
		return s.Update(t.Context(), "globex", func(tx store.Tx) error { return speak(t.Context(), tx) }) // tenants don't wait for each other
	}))
	soon(t, s)
}

// PG-8
func TestClaimsOfSeveralNodesNeverShareASend(t *testing.T) {
	url := newSchema(t)
	s := tenant(t, Config{URL: url})
	const n = 30
	require.NoError(t, s.Update(t.Context(), "acme", func(tx store.Tx) error {
		for i := range n {
			id := fmt.Sprint(i)
			if err := tx.PutContact(t.Context(), portal.Contact{ID: id, Name: id}, start); err != nil {
				return err
			}
			m := &portal.Message{ID: id, ConversationID: id, Seq: 1, Direction: portal.Outbound, CreatedAt: start}
			if err := tx.PutMessage(t.Context(), m); err != nil {
				return err
			}
			if err := tx.PutSend(t.Context(), id, id, start); err != nil {
				return err
			}
		}
		return nil
	}))
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		claimed = map[string]int{}
	)
	for range 3 {
		node := open(t, Config{URL: url})
		wg.Go(func() {
			for range n {
				sends, err := node.ClaimSends(t.Context(), start.Std(), time.Minute, 2)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				for _, send := range sends {
					claimed[send.MessageID]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, claimed, n)
	for id, times := range claimed {
		require.Equal(t, 1, times, id)
	}
}

// PG-9
func TestClosedIsUnavailable(t *testing.T) {
	s, err := Open(t.Context(), Config{URL: newSchema(t)})
	require.NoError(t, err)
	require.NoError(t, s.Migrate(t.Context()))
	require.NoError(t, s.Close())
	require.Equal(t, portal.Unavailable, portal.CodeOf(say(t.Context(), s)))
	require.Equal(t, portal.Unavailable, portal.CodeOf(s.Ping(t.Context())))
}

// PG-10
func TestWhatTheDatabaseCantHoldIsInvalid(t *testing.T) {
	s := tenant(t, Config{URL: newSchema(t)})
	var long strings.Builder
	for range 300 {
		long.WriteString(rand.Text())
	}
	wamid := long.String()
	for what, m := range map[string]*portal.Message{
		"more than an index row": {ID: "long", ConversationID: "c", WAMID: &wamid, CreatedAt: start},
		"a byte that is none":    {ID: "nul", ConversationID: "c", Text: "\x00", CreatedAt: start},
	} {
		err := s.Update(t.Context(), "acme", func(tx store.Tx) error { return tx.PutMessage(t.Context(), m) })
		require.Equal(t, portal.Invalid, portal.CodeOf(err), "%s: %v", what, err)
	}
	require.NoError(t, say(t.Context(), s))
}
