package storetest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var logCases = []testCase{
	{"STORE-20 an event carries the next seq, no other", onlyNextSeq},
	{"STORE-20 what was appended is read in its own transaction", ownEvents},
	{"STORE-21 events come back as they were put, in order, in pages", eventPages},
	{"STORE-22 a conversation's events are its message events", conversationEvents},
	{"STORE-23 trimming cuts from the start, at most so many", trimCutsStart},
	{"STORE-23 a clock that went back leaves no gap", trimLeavesNoGap},
	{"STORE-23 an emptied log goes on counting", trimEverything},
	{"STORE-46 writers go on while much is trimmed", trimAside},
}

func onlyNextSeq(b *bench) {
	before := b.dump(b.acme)
	for _, off := range []int64{-1, 1, 5} {
		err := b.acme.try(func(tx store.Tx) error {
			b.acme.append(tx, b.acme.next(tx), portal.MessageNew, "c1")
			return tx.Append(b.ctx, portal.Event{Seq: b.acme.next(tx) + off, Type: portal.MessageNew, At: start, Body: []byte("{}")})
		})
		b.code(portal.Internal, err)
	}
	require.Equal(b.t, before, b.dump(b.acme))
}

func ownEvents(b *bench) {
	first := b.acme.last() + 1
	b.acme.update(func(tx store.Tx) {
		b.acme.append(tx, first, portal.ConversationUpdated, "c1")
		b.acme.append(tx, first+1, portal.MessageNew, "c1")
		last, err := tx.LastSeq(b.ctx)
		b.ok(err)
		require.Equal(b.t, first+1, last)
		oldest, err := tx.FirstSeq(b.ctx)
		b.ok(err)
		require.EqualValues(b.t, 1, oldest)
		events, err := tx.Events(b.ctx, first-1, 10)
		b.ok(err)
		require.Len(b.t, events, 2)
		events, err = tx.ConversationEvents(b.ctx, "c1", first, 10)
		b.ok(err)
		require.Len(b.t, events, 1)
	})
}

func eventPages(b *bench) {
	first := b.acme.last() + 1
	var want []portal.Event
	b.acme.update(func(tx store.Tx) {
		for i, typ := range []portal.EventType{portal.ConversationNew, portal.MessageNew, portal.ConversationUpdated, portal.ConversationAssigned, portal.MessageDelivered} {
			body, err := json.Marshal(map[string]any{"seq": first + int64(i), "text": odd})
			b.ok(err)
			e := portal.Event{Seq: first + int64(i), Type: typ, ConversationID: odd, At: after(start, time.Duration(i)*time.Millisecond), Body: body}
			b.ok(tx.Append(b.ctx, e))
			want = append(want, e)
		}
	})
	b.acme.view(func(tx store.ReadTx) {
		got, err := tx.Events(b.ctx, first-1, 100)
		b.ok(err)
		require.Equal(b.t, want, got)
		got, err = tx.Events(b.ctx, first, 2)
		b.ok(err)
		require.Equal(b.t, want[1:3], got)
		got, err = tx.Events(b.ctx, first+100, 2)
		b.ok(err)
		require.Empty(b.t, got)
	})
}

func conversationEvents(b *bench) {
	from := b.acme.last()
	b.acme.update(func(tx store.Tx) {
		b.acme.append(tx, from+1, portal.ConversationUpdated, "c1")
		b.acme.append(tx, from+2, portal.MessageNew, "c1")
		b.acme.append(tx, from+3, portal.MessageNew, "c2")
		b.acme.append(tx, from+4, portal.MessageDelivered, "c1")
		b.acme.append(tx, from+5, portal.MessageDelivered, "c1")
	})
	b.acme.view(func(tx store.ReadTx) {
		seqs := func(after int64, limit int) (found []int64) {
			events, err := tx.ConversationEvents(b.ctx, "c1", after, limit)
			b.ok(err)
			for _, e := range events {
				found = append(found, e.Seq-from)
			}
			return found
		}
		require.Equal(b.t, []int64{2, 4, 5}, seqs(from, 10))
		require.Equal(b.t, []int64{2, 4}, seqs(from, 2))
		require.Equal(b.t, []int64{5}, seqs(from+4, 10))
	})
}

// span is what the log holds: its lowest seq, its highest and how many.
func (b *bench) span() (first, last int64, n int) {
	b.t.Helper()
	b.acme.view(func(tx store.ReadTx) {
		var err error
		first, err = tx.FirstSeq(b.ctx)
		b.ok(err)
		last, err = tx.LastSeq(b.ctx)
		b.ok(err)
		events, err := tx.Events(b.ctx, 0, 10000)
		b.ok(err)
		n = len(events)
		for i, e := range events {
			require.Equal(b.t, first+int64(i), e.Seq, "no gap")
		}
	})
	return first, last, n
}

// history appends events at the given minutes after the start.
func (b *bench) history(minutes ...int) {
	b.t.Helper()
	b.acme.update(func(tx store.Tx) {
		for _, m := range minutes {
			seq := b.acme.next(tx)
			b.ok(tx.Append(b.ctx, portal.Event{Seq: seq, Type: portal.MessageNew, ConversationID: "c1", At: after(start, time.Duration(m)*time.Minute), Body: []byte("{}")}))
		}
	})
}

func trimCutsStart(b *bench) {
	b.trimmed = true
	b.history(10, 11, 12, 13, 14)
	first, last, n := b.span()
	require.EqualValues(b.t, 1, first)
	planted := n - 5
	at := after(start, 12*time.Minute).Std()
	// What was planted for both tenants is older.
	trimmed := 0
	for _, limit := range []int{1, 1, 100} {
		cut, err := b.s.TrimEvents(b.ctx, at, limit)
		b.ok(err)
		require.LessOrEqual(b.t, cut, limit)
		trimmed += cut
	}
	_, _, left := b.span()
	require.Equal(b.t, 3, left)
	first, now, _ := b.span()
	require.Equal(b.t, last, now)
	require.EqualValues(b.t, planted+3, first)
	require.Equal(b.t, 2*planted+2, trimmed, "both tenants'")
	again, err := b.s.TrimEvents(b.ctx, at, 100)
	b.ok(err)
	require.Zero(b.t, again)
}

func trimLeavesNoGap(b *bench) {
	b.trimmed = true
	b.history(100, 10, 200)
	_, last, _ := b.span()
	_, err := b.s.TrimEvents(b.ctx, after(start, 50*time.Minute).Std(), 1000)
	b.ok(err)
	first, _, n := b.span()
	require.Equal(b.t, last-2, first)
	require.Equal(b.t, 3, n)
}

func trimAside(b *bench) {
	b.trimmed = true
	const old, batch = 2_000, 50
	b.history(make([]int, old)...)
	trimming := make(chan struct{})
	go func() {
		defer close(trimming)
		for {
			n, err := b.s.TrimEvents(b.ctx, after(start, time.Hour).Std(), batch)
			if err != nil {
				b.t.Error(err)
			}
			if n < batch {
				return
			}
		}
	}()
	meanwhile := 0
	for over := false; !over; meanwhile++ {
		b.acme.message("c1", fmt.Sprint("aside", meanwhile), portal.Inbound, nil)
		select {
		case <-trimming:
			over = true
		default:
		}
	}
	require.Greater(b.t, meanwhile, 2, "writes between %d batches", old/batch)
	first, last, n := b.span()
	require.EqualValues(b.t, last-first+1, n)
}

func trimEverything(b *bench) {
	b.trimmed = true
	_, last, _ := b.span()
	_, err := b.s.TrimEvents(b.ctx, after(start, time.Hour).Std(), 1000)
	b.ok(err)
	first, now, n := b.span()
	require.Equal(b.t, last, now)
	require.Equal(b.t, last+1, first)
	require.Zero(b.t, n)
	m := b.acme.message("c1", "next", portal.Inbound, nil)
	require.Equal(b.t, last+1, m.Seq)
	first, now, n = b.span()
	require.Equal(b.t, []int64{last + 1, last + 1, 1}, []int64{first, now, int64(n)})
}
