package storetest

import (
	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var isolationCases = []testCase{
	{"STORE-8 another tenant's rows look like missing ones", othersLookMissing},
	{"STORE-8 the same ids are nobody's else", sameIDs},
	{"STORE-8 nothing of another tenant's is counted", nothingCounted},
}

func othersLookMissing(b *bench) {
	in := b.acme
	in.contact("eve", "77", "Eve")
	in.conversation("c2", "eve", func(c *portal.Conversation) { c.UnreadCount = 5 })
	m := in.message("c2", "m3", portal.Outbound, func(m *portal.Message) { m.WAMID, m.ClientID = ptr("wamid.3"), ptr("client.3") })
	in.update(func(tx store.Tx) {
		b.ok(tx.ParkReport(b.ctx, store.Report{WAMID: "wamid.4", Status: portal.StatusRead, At: start}, start))
		b.ok(tx.PutUser(b.ctx, portal.User{ID: "cay", Email: "cay@acme.test", Role: portal.RoleViewer}))
	})
	missing := func(_ any, err error) { b.t.Helper(); b.code(portal.NotFound, err) }
	b.other.update(func(tx store.Tx) {
		missing(tx.ContactByWaID(b.ctx, "77"))
		missing(tx.Conversation(b.ctx, "c2"))
		missing(tx.ActiveConversation(b.ctx, "eve"))
		missing(tx.Message(b.ctx, "m3"))
		missing(tx.MessageByWAMID(b.ctx, "wamid.3"))
		missing(tx.MessageByClientID(b.ctx, "c2", "client.3"))
		missing(tx.User(b.ctx, "cay"))
		of, err := tx.ConversationsOf(b.ctx, "eve")
		b.ok(err)
		require.Empty(b.t, of)
		messages, err := tx.ListMessages(b.ctx, "c2", 0, 10)
		b.ok(err)
		require.Empty(b.t, messages)
		messages, err = tx.RepliesAfter(b.ctx, "c2", 0, "")
		b.ok(err)
		require.Empty(b.t, messages)
		events, err := tx.ConversationEvents(b.ctx, "c2", 0, 10)
		b.ok(err)
		require.Empty(b.t, events)
		reports, err := tx.TakeReports(b.ctx, "wamid.4")
		b.ok(err)
		require.Empty(b.t, reports)
	})
	in.view(func(tx store.ReadTx) {
		found, err := tx.MessageByWAMID(b.ctx, "wamid.3")
		b.ok(err)
		require.Equal(b.t, m, found)
	})
}

// sameIDs changes every row that globex has under the same key; the bench
// compares globex afterwards.
func sameIDs(b *bench) {
	in := b.acme
	in.contact("joe", "4915", "Another Joe")
	in.update(func(tx store.Tx) {
		c, err := tx.Conversation(b.ctx, "c1")
		b.ok(err)
		c.UnreadCount, c.Status, c.ClosedAt = 9, portal.ConversationClosed, in.now
		b.ok(tx.PutConversation(b.ctx, c))
		m, err := tx.Message(b.ctx, "m1")
		b.ok(err)
		m.Text = "changed"
		b.ok(tx.PutMessage(b.ctx, m))
		b.ok(tx.PutUser(b.ctx, portal.User{ID: "ann", Email: "ann@acme.test", Name: "Changed", Role: portal.RoleAdmin}))
		b.ok(tx.PutSend(b.ctx, "m2", "joe", in.now))
		b.ok(tx.DeleteSend(b.ctx, "m2"))
		_, err = tx.TakeReports(b.ctx, "wamid.early")
		b.ok(err)
		b.ok(tx.PutWhatsApp(b.ctx, portal.WhatsApp{PhoneNumberID: "7"}))
	})
	b.other.update(func(tx store.Tx) {
		reports, err := tx.TakeReports(b.ctx, "wamid.early")
		b.ok(err)
		require.Len(b.t, reports, 1)
	})
}

func nothingCounted(b *bench) {
	b.acme.view(func(tx store.ReadTx) {
		m, err := tx.Metrics(b.ctx, start, after(start, 1e12))
		b.ok(err)
		require.Equal(b.t, 1, m.Active)
		require.Equal(b.t, 2, m.TotalMessages)
		list, err := tx.ListConversations(b.ctx, store.ConversationQuery{Search: "joe", Limit: 10})
		b.ok(err)
		require.Len(b.t, list, 1)
		require.Equal(b.t, "acme", list[0].TenantID)
	})
}
