package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var messageCases = []testCase{
	{"STORE-16 a message comes back as it was put", messageRoundTrip},
	{"STORE-16 putting it again replaces it", messageReplaced},
	{"STORE-17 a wamid is one message's in its tenant", wamidUnique},
	{"STORE-17 a client id is one message's in its conversation", clientIDUnique},
	{"STORE-18 pages go back from the newest, each message once", messagePages},
	{"STORE-19 replies after a message are others' outbound ones", repliesAfter},
}

func (b *bench) message(id string) (m *portal.Message) {
	b.t.Helper()
	b.acme.view(func(tx store.ReadTx) {
		var err error
		m, err = tx.Message(b.ctx, id)
		b.ok(err)
	})
	return m
}

func messageRoundTrip(b *bench) {
	full := b.acme.message("c1", "full", portal.Outbound, func(m *portal.Message) {
		m.Type, m.Text = "reaction", strings.Repeat(odd, 300)
		m.MediaURL, m.MediaID, m.MimeType, m.Filename = ptr("https://x.test/?a=b&c=%20"), ptr("1908647269898587"), ptr("image/webp"), ptr(odd)
		m.Status, m.Error = portal.StatusFailed, &portal.MessageError{Code: "", Message: odd}
		m.Attempts, m.WAMID, m.ClientID = 7, ptr("wamid.full"), ptr(odd)
		m.Author = portal.Author{Type: portal.AuthorSystem, ID: "", Name: odd}
		m.CreatedAt, m.SentAt = after(start, 1*time.Millisecond), after(start, 2*time.Millisecond)
		m.DeliveredAt, m.ReadAt = after(start, 3*time.Millisecond), after(start, 999*time.Millisecond)
	})
	require.Equal(b.t, full, b.message("full"))
	bare := b.acme.message("c1", "bare", portal.Inbound, func(m *portal.Message) { m.Text = "" })
	require.Equal(b.t, bare, b.message("bare"))
	old := b.acme.message("c1", "old", portal.Inbound, func(m *portal.Message) { m.CreatedAt = portal.UnixMilli(-86400_000) })
	require.Equal(b.t, old, b.message("old"))
	b.acme.view(func(tx store.ReadTx) {
		m, err := tx.MessageByWAMID(b.ctx, "wamid.full")
		b.ok(err)
		require.Equal(b.t, full, m)
		m, err = tx.MessageByClientID(b.ctx, "c1", odd)
		b.ok(err)
		require.Equal(b.t, full, m)
	})
}

func messageReplaced(b *bench) {
	m := b.message("m2")
	require.True(b.t, m.Advance(portal.StatusRead, after(start, time.Hour), nil))
	m.Version, m.WAMID = 50, ptr("wamid.2")
	b.acme.update(func(tx store.Tx) { b.ok(tx.PutMessage(b.ctx, m)) })
	require.Equal(b.t, m, b.message("m2"))
}

func wamidUnique(b *bench) {
	b.code(portal.Conflict, b.acme.try(func(tx store.Tx) error {
		m := b.acme.draft("c1", "m9", portal.Inbound, 90)
		m.WAMID = ptr("wamid.1")
		return tx.PutMessage(b.ctx, m)
	}))
	b.code(portal.Conflict, b.acme.try(func(tx store.Tx) error { // an answer of the provider's that can't be
		m, err := tx.Message(b.ctx, "m2")
		b.ok(err)
		m.WAMID = ptr("wamid.1")
		return tx.PutMessage(b.ctx, m)
	}))
}

func clientIDUnique(b *bench) {
	put := func(conversation string) error {
		return b.acme.try(func(tx store.Tx) error {
			m := b.acme.draft(conversation, "m9", portal.Outbound, 90)
			m.ClientID = ptr("client.1")
			return tx.PutMessage(b.ctx, m)
		})
	}
	b.code(portal.Conflict, put("c1"))
	b.acme.contact("eve", "77", "Eve")
	b.acme.conversation("c2", "eve", nil)
	b.ok(put("c2"))
}

func messagePages(b *bench) {
	b.acme.contact("eve", "77", "Eve")
	b.acme.conversation("c2", "eve", nil)
	want := []string{}
	for i := range 10 {
		id := fmt.Sprint("p", i)
		b.acme.message("c2", id, portal.Inbound, func(m *portal.Message) {
			m.CreatedAt = after(start, -time.Duration(i)*time.Hour) // the provider's time doesn't sort
		})
		b.acme.message("c1", "x"+id, portal.Inbound, nil)
		want = append(want, id)
	}
	for _, limit := range []int{1, 3, 10, 50} {
		var got []string
		before := int64(0)
		b.acme.view(func(tx store.ReadTx) {
			for {
				page, err := tx.ListMessages(b.ctx, "c2", before, limit)
				b.ok(err)
				got = append(messageIDs(page), got...)
				if len(page) < limit {
					return
				}
				before = page[0].Seq
			}
		})
		require.Equal(b.t, want, got)
	}
}

func messageIDs(list []*portal.Message) []string {
	found := []string{}
	for _, m := range list {
		found = append(found, m.ID)
	}
	return found
}

func repliesAfter(b *bench) {
	by := func(user string) func(*portal.Message) { return func(m *portal.Message) { m.Author.ID = user } }
	seen := b.acme.message("c1", "in", portal.Inbound, nil)
	b.acme.message("c1", "ann1", portal.Outbound, by("ann"))
	b.acme.message("c1", "bob1", portal.Outbound, by("bob"))
	b.acme.message("c1", "in2", portal.Inbound, by("bob"))
	b.acme.message("c1", "cay1", portal.Outbound, by("cay"))
	b.acme.contact("eve", "77", "Eve")
	b.acme.conversation("c2", "eve", nil)
	b.acme.message("c2", "bob2", portal.Outbound, by("bob"))
	b.acme.view(func(tx store.ReadTx) {
		list, err := tx.RepliesAfter(b.ctx, "c1", seen.Seq, "ann")
		b.ok(err)
		require.Equal(b.t, []string{"bob1", "cay1"}, messageIDs(list))
	})
}
