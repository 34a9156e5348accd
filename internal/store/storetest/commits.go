package storetest

import (
	"errors"
	"fmt"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var commitCases = []testCase{
	{"STORE-7 the listener hears of a commit, with its events", listenerHears},
	{"STORE-7 and of nothing else", listenerHearsNothingElse},
	{"STORE-7 when it hears, the change can be read", listenerAfterCommit},
	{"STORE-7 it hears in commit order", listenerInOrder},
}

func listenerHears(b *bench) {
	first := b.acme.last() + 1
	b.acme.update(func(tx store.Tx) {
		b.acme.append(tx, b.acme.next(tx), portal.ConversationNew, "c1")
		b.acme.append(tx, b.acme.next(tx), portal.MessageNew, "c1")
	})
	heard := b.heard()
	require.Len(b.t, heard, 1)
	require.Equal(b.t, "acme", heard[0].tenant)
	b.acme.view(func(tx store.ReadTx) {
		events, err := tx.Events(b.ctx, first-1, 10)
		b.ok(err)
		require.Len(b.t, events, 2)
		require.Equal(b.t, events, heard[0].events)
	})
}

func listenerHearsNothingElse(b *bench) {
	b.acme.contact("eve", "77", "Eve") // a change without an event
	_ = b.acme.try(func(tx store.Tx) error {
		b.acme.append(tx, b.acme.next(tx), portal.MessageNew, "c1")
		return errors.New("boom")
	})
	require.Empty(b.t, b.heard())
}

func listenerAfterCommit(b *bench) {
	var seen int64
	b.s.OnCommit(func(tenant string, events []portal.Event) {
		_ = b.s.View(b.ctx, tenant, func(tx store.ReadTx) (err error) {
			seen, err = tx.LastSeq(b.ctx)
			return err
		})
	})
	m := b.acme.message("c1", "m3", portal.Inbound, nil)
	require.Equal(b.t, m.Seq, seen)
}

func listenerInOrder(b *bench) {
	const n = 40
	first := b.acme.last() + 1
	together(n, func(i int) {
		tenant := "acme"
		err := b.s.Update(b.ctx, tenant, func(tx store.Tx) error {
			for range 2 {
				seq, err := tx.NextSeq(b.ctx)
				if err != nil {
					return err
				}
				e := portal.Event{Seq: seq, Type: portal.MessageNew, ConversationID: fmt.Sprint(i), At: start, Body: []byte("{}")}
				if err := tx.Append(b.ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.t.Error(err)
		}
	})
	next := first
	for _, c := range b.heard() {
		for _, e := range c.events {
			require.Equal(b.t, next, e.Seq)
			next++
		}
	}
	require.Equal(b.t, first+2*n, next)
}
