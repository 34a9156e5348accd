package sqlite

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var start = portal.At(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))

// path is that of a new database whose name SQLite's file URIs could trip over.
func path(t testing.TB) string { return filepath.Join(t.TempDir(), "new folder", "a b?c%20#d.db") }

// tenant opens a store with the tenant acme.
func tenant(t testing.TB, c Config) *Store {
	t.Helper()
	s := open(t, c)
	require.NoError(t, s.PutTenant(t.Context(), portal.Tenant{ID: "acme", Name: "Acme"}))
	return s
}

// say appends an event.
func say(ctx context.Context, s *Store, text string) error {
	return s.Update(ctx, "acme", func(tx store.Tx) error {
		seq, err := tx.NextSeq(ctx)
		if err != nil {
			return err
		}
		body := fmt.Sprintf("{%q:%d}", text, seq)
		return tx.Append(ctx, portal.Event{Seq: seq, Type: portal.MessageNew, ConversationID: "c", At: start, Body: []byte(body)})
	})
}

func last(t testing.TB, s *Store) int64 {
	t.Helper()
	heads, err := s.Heads(t.Context())
	require.NoError(t, err)
	return heads["acme"]
}

// SQLITE-1
func TestASecondServeIsRefused(t *testing.T) {
	p := path(t)
	first, err := Open(t.Context(), Config{Path: p, Exclusive: true})
	require.NoError(t, err)
	_, err = Open(t.Context(), Config{Path: p, Exclusive: true})
	require.Equal(t, portal.Conflict, portal.CodeOf(err))
	require.ErrorContains(t, err, "in use by another serve")
	beside := tenant(t, Config{Path: p}) // seed
	require.NoError(t, say(t.Context(), beside, "hello"))
	require.NoError(t, first.Close())
	again, err := Open(t.Context(), Config{Path: p, Exclusive: true})
	require.NoError(t, err)
	require.EqualValues(t, 1, last(t, again))
	require.NoError(t, again.Close())
}

// SQLITE-2
func TestMigratingAtOnceHappensOnce(t *testing.T) {
	p := path(t)
	var stores []*Store
	for range 4 {
		s, err := Open(t.Context(), Config{Path: p})
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

// SQLITE-2
func TestExtraSchemasAreMigratedToo(t *testing.T) {
	set := func(files ...string) []store.MigrationSet {
		fsys := fstest.MapFS{}
		for i, sql := range files {
			fsys[fmt.Sprintf("%05d_x.sql", i+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql)}
		}
		return []store.MigrationSet{{Table: "extra_version", FS: fs.FS(fsys)}}
	}
	p := path(t)
	s := open(t, Config{Path: p, Extra: set("CREATE TABLE extra (a);")})
	_, err := s.DB().Exec("INSERT INTO extra VALUES (1)")
	require.NoError(t, err)
	s = open(t, Config{Path: p, Extra: set("CREATE TABLE extra (a);", "ALTER TABLE extra ADD b;")})
	_, err = s.DB().Exec("UPDATE extra SET b = 1")
	require.NoError(t, err)
}

// SQLITE-3
func TestANewerDatabaseIsRefused(t *testing.T) {
	p := path(t)
	s := open(t, Config{Path: p})
	_, err := s.DB().Exec("INSERT INTO store_version (version_id, is_applied) VALUES (999, 1)")
	require.NoError(t, err)
	err = s.Migrate(t.Context())
	require.Equal(t, portal.Conflict, portal.CodeOf(err))
	require.ErrorContains(t, err, "newer agentportal")
}

// SQLITE-4
func TestWhatCantBeOpenedIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("this is no database ", 100)), 0o600))
	for want, p := range map[string]string{"can't be made": filepath.Join(file, "portal.db"), "isn't a SQLite database": file, "readable and writable": t.TempDir()} {
		_, err := Open(t.Context(), Config{Path: p})
		require.ErrorContains(t, err, want)
	}
}

// SQLITE-5
func TestALockedDatabaseIsUnavailable(t *testing.T) {
	p := path(t)
	s := tenant(t, Config{Path: p, BusyTimeout: 50 * time.Millisecond})
	other := open(t, Config{Path: p})
	tx, err := other.DB().Begin() // takes the write lock
	require.NoError(t, err)
	began := time.Now()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := say(t.Context(), s, "no"); portal.CodeOf(err) != portal.Unavailable {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Less(t, time.Since(began), 20*50*time.Millisecond, "those that wait share the failure")
	require.NoError(t, s.Ping(t.Context()), "reading goes on")
	require.Zero(t, last(t, s))
	require.NoError(t, tx.Rollback())
	require.NoError(t, say(t.Context(), s, "yes"))
}

// SQLITE-6
func TestAFullDiskLosesNothing(t *testing.T) {
	s := tenant(t, Config{Path: path(t)})
	require.NoError(t, say(t.Context(), s, "before"))
	limit := func(pages int) {
		var n int
		require.NoError(t, s.DB().QueryRow(fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&n))
	}
	limit(1) // no page more than there are
	text := strings.Repeat("x", 4000)
	var wg sync.WaitGroup
	var mu sync.Mutex
	kept := 1
	for range 50 { // together, so that some share a commit
		wg.Go(func() {
			err := say(t.Context(), s, text)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				kept++
			} else if portal.CodeOf(err) != portal.Unavailable || !strings.Contains(err.Error(), "the disk is full") {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Less(t, kept, 51)
	limit(1 << 30)
	require.EqualValues(t, kept, last(t, s), "what was told is what there is")
	require.NoError(t, say(t.Context(), s, "after"))
	require.NoError(t, s.View(t.Context(), "acme", func(tx store.ReadTx) error {
		events, err := tx.Events(t.Context(), 0, 1000)
		require.Len(t, events, kept+1)
		return err
	}))
}

// SQLITE-7
func TestListsReadAlongAnIndex(t *testing.T) {
	s := tenant(t, Config{Path: path(t)})
	for _, sort := range []store.Sort{store.SortLastActivity, store.SortCreatedAt, store.SortUnread} {
		for _, q := range []store.ConversationQuery{
			{}, {Status: portal.ConversationActive}, {Unassigned: true}, {AssigneeID: "ann"}, {Search: "x"},
			{Status: portal.ConversationActive, AssigneeID: "ann", Search: "x", After: &store.ConversationCursor{}},
		} {
			q.Sort, q.Limit = sort, 50
			text, args := listQuery("acme", q)
			require.NoError(t, s.View(t.Context(), "acme", func(tx store.ReadTx) error {
				plan, err := all(t.Context(), tx.(*readTx).conn, "plan", func(row scanner) (detail string, err error) {
					var id, parent, unused int
					return detail, row.Scan(&id, &parent, &unused, &detail)
				}, "EXPLAIN QUERY PLAN "+text, args...)
				require.NotContains(t, strings.Join(plan, "\n"), "TEMP B-TREE", "%+v", q)
				return err
			}))
		}
	}
}

// SQLITE-8
func TestTheQueueSharesTheWriter(t *testing.T) {
	s := tenant(t, Config{Path: path(t), BusyTimeout: time.Millisecond}) // a lock met would be an error
	_, err := s.DB().Exec("CREATE TABLE queue (n)")
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				var err error
				if i%2 == 0 {
					err = say(t.Context(), s, "update")
				} else {
					_, err = s.DB().ExecContext(t.Context(), "INSERT INTO queue VALUES (1)")
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 80, last(t, s))
}

// SQLITE-9
func TestClosedIsUnavailable(t *testing.T) {
	s, err := Open(t.Context(), Config{Path: path(t)})
	require.NoError(t, err)
	require.NoError(t, s.Migrate(t.Context()))
	require.NoError(t, s.Close())
	require.Equal(t, portal.Unavailable, portal.CodeOf(say(t.Context(), s, "no")))
	require.Equal(t, portal.Unavailable, portal.CodeOf(s.Ping(t.Context())))
	require.NoError(t, s.Close())
}
