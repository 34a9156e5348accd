package storetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var transactionCases = []testCase{
	{"STORE-1 a function's error takes everything back", errorTakesBack},
	{"STORE-1 a panic takes everything back and passes through", panicTakesBack},
	{"STORE-2 a failed write spoils its transaction", failedWriteSpoils},
	{"STORE-2 a row that isn't found spoils nothing", notFoundSpoilsNothing},
	{"STORE-3 updates of a tenant happen one after another", updatesOneAfterAnother},
	{"STORE-3 updates that fail don't disturb those beside them", failuresBesideSuccesses},
	{"STORE-4 a view is of one instant", viewIsSnapshot},
	{"STORE-5 an unknown tenant is not found", unknownTenant},
	{"STORE-6 a context that is done changes nothing", doneContext},
}

func errorTakesBack(b *bench) {
	before, boom := b.dump(b.acme), errors.New("boom")
	err := b.acme.try(func(tx store.Tx) error {
		b.ok(tx.PutContact(b.ctx, portal.Contact{ID: "new", WaID: ptr("1"), Name: "New"}, b.acme.now))
		b.ok(tx.PutConversation(b.ctx, &portal.Conversation{ID: "new", Contact: portal.Contact{ID: "new"}, Status: portal.ConversationActive, CreatedAt: start, LastActivityAt: start}))
		b.acme.append(tx, b.acme.next(tx), portal.ConversationNew, "new")
		return boom
	})
	require.Equal(b.t, boom, err, "the function's error comes back as it is")
	require.Equal(b.t, before, b.dump(b.acme))
	b.acme.contact("new", "1", "New") // the number is free
	require.Empty(b.t, b.heard())
}

func panicTakesBack(b *bench) {
	before := b.dump(b.acme)
	require.PanicsWithValue(b.t, "boom", func() {
		_ = b.acme.try(func(tx store.Tx) error {
			b.acme.append(tx, b.acme.next(tx), portal.ConversationNew, "c1")
			panic("boom")
		})
	})
	require.Equal(b.t, before, b.dump(b.acme))
	b.acme.message("c1", "m3", portal.Inbound, nil) // the store goes on
}

func failedWriteSpoils(b *bench) {
	before := b.dump(b.acme)
	err := b.acme.try(func(tx store.Tx) error {
		b.acme.append(tx, b.acme.next(tx), portal.MessageNew, "c1")
		m := b.acme.draft("c1", "m9", portal.Inbound, b.acme.next(tx))
		m.WAMID = ptr("wamid.1")
		b.code(portal.Conflict, tx.PutMessage(b.ctx, m))
		return nil // as if nothing had been
	})
	b.code(portal.Conflict, err)
	require.Equal(b.t, before, b.dump(b.acme))
}

func notFoundSpoilsNothing(b *bench) {
	b.acme.update(func(tx store.Tx) {
		_, err := tx.Message(b.ctx, "none")
		b.code(portal.NotFound, err)
		_, err = tx.ContactByWaID(b.ctx, "none")
		b.code(portal.NotFound, err)
		b.acme.append(tx, b.acme.next(tx), portal.MessageNew, "c1")
	})
}

func updatesOneAfterAnother(b *bench) {
	const n, each = 8, 10
	before := b.acme.last()
	together(n, func(int) {
		for range each {
			err := b.s.Update(b.ctx, "acme", func(tx store.Tx) error {
				c, err := tx.Conversation(b.ctx, "c1")
				if err != nil {
					return err
				}
				c.UnreadCount++ // lost if another came between reading and writing
				if err := tx.PutConversation(b.ctx, c); err != nil {
					return err
				}
				seq, err := tx.NextSeq(b.ctx)
				if err != nil {
					return err
				}
				return tx.Append(b.ctx, portal.Event{Seq: seq, Type: portal.ConversationUpdated, ConversationID: "c1", At: start, Body: []byte("{}")})
			})
			if err != nil {
				b.t.Error(err)
			}
		}
	})
	b.acme.view(func(tx store.ReadTx) {
		c, err := tx.Conversation(b.ctx, "c1")
		b.ok(err)
		require.Equal(b.t, n*each, c.UnreadCount)
	})
	require.Equal(b.t, before+n*each, b.acme.last())
}

// failuresBesideSuccesses matters where transactions share a commit.
func failuresBesideSuccesses(b *bench) {
	boom := errors.New("boom")
	together(40, func(i int) {
		err := b.s.Update(b.ctx, "acme", func(tx store.Tx) error {
			id := fmt.Sprintf("k%d", i)
			if err := tx.PutContact(b.ctx, portal.Contact{ID: id, WaID: &id, Name: id}, start); err != nil {
				return err
			}
			switch i % 4 {
			case 0:
				return boom
			case 1: // a broken uniqueness
				return tx.PutContact(b.ctx, portal.Contact{ID: id + "x", WaID: &id, Name: id}, start)
			}
			return nil
		})
		if want := i%4 > 1; (err == nil) != want {
			b.t.Errorf("%d: %v", i, err)
		}
	})
	b.acme.view(func(tx store.ReadTx) {
		for i := range 40 {
			_, err := tx.ContactByWaID(b.ctx, fmt.Sprintf("k%d", i))
			require.Equal(b.t, i%4 > 1, err == nil, "%d: %v", i, err)
		}
	})
}

func viewIsSnapshot(b *bench) {
	b.acme.view(func(tx store.ReadTx) {
		seq, err := tx.LastSeq(b.ctx)
		b.ok(err)
		b.acme.message("c1", "later", portal.Inbound, nil)
		again, err := tx.LastSeq(b.ctx)
		b.ok(err)
		require.Equal(b.t, seq, again)
		_, err = tx.Message(b.ctx, "later")
		b.code(portal.NotFound, err)
		events, err := tx.Events(b.ctx, seq, 10)
		b.ok(err)
		require.Empty(b.t, events)
	})
}

func unknownTenant(b *bench) {
	b.code(portal.NotFound, b.s.Update(b.ctx, "nobody", func(store.Tx) error { return nil }))
	b.ok(b.s.View(b.ctx, "nobody", func(tx store.ReadTx) error {
		_, err := tx.Tenant(b.ctx)
		b.code(portal.NotFound, err)
		_, err = tx.LastSeq(b.ctx)
		b.code(portal.NotFound, err)
		list, err := tx.ListConversations(b.ctx, store.ConversationQuery{Limit: 10})
		b.ok(err)
		require.Empty(b.t, list)
		return nil
	}))
}

func doneContext(b *bench) {
	done, cancel := context.WithCancel(b.ctx)
	cancel()
	b.code(portal.Unavailable, b.s.Update(done, "acme", func(store.Tx) error { return nil }))
	b.code(portal.Unavailable, b.s.View(done, "acme", func(tx store.ReadTx) error {
		_, err := tx.LastSeq(done)
		return err
	}))
	b.ok(b.s.Ping(b.ctx))
}
