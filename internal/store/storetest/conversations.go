package storetest

import (
	"strings"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

// odd is text that a careless database alters or trips over.
const odd = "  ünï\tcödé 👩‍👩‍👧 עברית \u202e ' \" \\ %s %_ $1 ? ; -- \x01 \ufffd \u2028\n"

var conversationCases = []testCase{
	{"STORE-9 a conversation comes back as it was put", conversationRoundTrip},
	{"STORE-9 putting it again replaces every field", conversationReplaced},
	{"STORE-9 a rename shows in the contact's conversations", renameShows},
	{"STORE-9 an assignee has the user's present name", assigneeName},
	{"STORE-10 a contact has one active conversation", oneActive},
	{"STORE-10 a number is one contact's", oneContactPerNumber},
	{"STORE-11 a contact's conversations come oldest first", conversationsOf},
	{"STORE-12 the unread total follows every change", unreadTotal},
}

func (b *bench) conversation(id string) (c *portal.Conversation) {
	b.t.Helper()
	b.acme.view(func(tx store.ReadTx) {
		var err error
		c, err = tx.Conversation(b.ctx, id)
		b.ok(err)
	})
	return c
}

func conversationRoundTrip(b *bench) {
	b.acme.update(func(tx store.Tx) {
		b.ok(tx.PutContact(b.ctx, portal.Contact{ID: "web", Name: odd}, b.acme.now))
	})
	c := b.acme.conversation("c2", "web", func(c *portal.Conversation) {
		c.Channel = portal.ChannelWebchat
		c.Contact = portal.Contact{ID: "web", Name: odd}
		c.Assignee = &portal.Person{ID: "gone", Name: odd}
		c.UnreadCount, c.MessageCount = 3, 1<<40
		c.LastMessage = &portal.LastMessage{ID: "x", Direction: portal.Outbound, Text: strings.Repeat(odd, 500), Type: "sticker",
			Status: portal.StatusFailed, Error: &portal.MessageError{Code: "131047", Message: odd}, CreatedAt: after(start, 123*time.Millisecond)}
		c.Status, c.ClosedAt = portal.ConversationClosed, after(start, time.Hour)
	})
	require.Equal(b.t, c, b.conversation("c2"))
}

func conversationReplaced(b *bench) {
	c := b.conversation("c1")
	c.Status, c.ClosedAt, c.Version = portal.ConversationClosed, b.acme.now, 99
	c.Assignee = &portal.Person{ID: "ann", Name: "ann"}
	c.LastMessage = &portal.LastMessage{ID: "m1", CreatedAt: start}
	c.LastActivityAt, c.CreatedAt = after(start, time.Minute), after(start, -time.Minute)
	b.acme.update(func(tx store.Tx) { b.ok(tx.PutConversation(b.ctx, c)) })
	require.Equal(b.t, c, b.conversation("c1"))
	c.Status, c.ClosedAt, c.Assignee, c.LastMessage = portal.ConversationActive, portal.Time{}, nil, nil
	b.acme.update(func(tx store.Tx) { b.ok(tx.PutConversation(b.ctx, c)) })
	require.Equal(b.t, c, b.conversation("c1"))
}

func renameShows(b *bench) {
	b.acme.contact("joe", "4915", "Joseph")
	require.Equal(b.t, portal.Contact{ID: "joe", WaID: ptr("4915"), Name: "Joseph"}, b.conversation("c1").Contact)
	b.acme.view(func(tx store.ReadTx) {
		c, err := tx.ContactByWaID(b.ctx, "4915")
		b.ok(err)
		require.Equal(b.t, "Joseph", c.Name)
	})
}

func assigneeName(b *bench) {
	c := b.conversation("c1")
	c.Assignee = &portal.Person{ID: "ann", Name: "ann"}
	b.acme.update(func(tx store.Tx) {
		b.ok(tx.PutConversation(b.ctx, c))
		b.ok(tx.PutUser(b.ctx, portal.User{ID: "ann", Email: "ann@acme.test", Name: "Ann Smith", Role: portal.RoleAgent}))
	})
	require.Equal(b.t, &portal.Person{ID: "ann", Name: "Ann Smith"}, b.conversation("c1").Assignee)
}

func oneActive(b *bench) {
	second := &portal.Conversation{ID: "c2", Contact: portal.Contact{ID: "joe"}, Status: portal.ConversationActive, CreatedAt: start, LastActivityAt: start}
	put := func(tx store.Tx) error { return tx.PutConversation(b.ctx, second) }
	b.code(portal.Conflict, b.acme.try(put))
	b.acme.update(func(tx store.Tx) {
		c, err := tx.ActiveConversation(b.ctx, "joe")
		b.ok(err)
		require.Equal(b.t, "c1", c.ID)
		c.Status, c.ClosedAt = portal.ConversationClosed, b.acme.now
		b.ok(tx.PutConversation(b.ctx, c))
		_, err = tx.ActiveConversation(b.ctx, "joe")
		b.code(portal.NotFound, err)
		b.ok(put(tx))
	})
	b.code(portal.Conflict, b.acme.try(func(tx store.Tx) error { // opening the first again
		c, err := tx.Conversation(b.ctx, "c1")
		b.ok(err)
		c.Status = portal.ConversationActive
		return tx.PutConversation(b.ctx, c)
	}))
}

func oneContactPerNumber(b *bench) {
	b.code(portal.Conflict, b.acme.try(func(tx store.Tx) error {
		return tx.PutContact(b.ctx, portal.Contact{ID: "double", WaID: ptr("4915"), Name: "Double"}, start)
	}))
	b.acme.update(func(tx store.Tx) { // without a number there may be many
		b.ok(tx.PutContact(b.ctx, portal.Contact{ID: "w1", Name: "Web"}, start))
		b.ok(tx.PutContact(b.ctx, portal.Contact{ID: "w2", Name: "Web"}, start))
	})
}

func conversationsOf(b *bench) {
	closed := func(at portal.Time) func(*portal.Conversation) {
		return func(c *portal.Conversation) { c.Status, c.ClosedAt, c.CreatedAt = portal.ConversationClosed, at, at }
	}
	b.acme.conversation("newer", "joe", closed(after(start, time.Hour)))
	b.acme.conversation("older", "joe", closed(after(start, -time.Hour)))
	b.acme.view(func(tx store.ReadTx) {
		list, err := tx.ConversationsOf(b.ctx, "joe")
		b.ok(err)
		require.Equal(b.t, []string{"older", "c1", "newer"}, ids(list))
	})
}

func ids(list []*portal.Conversation) []string {
	found := []string{}
	for _, c := range list {
		found = append(found, c.ID)
	}
	return found
}

func unreadTotal(b *bench) {
	total := func() (n int) {
		b.acme.view(func(tx store.ReadTx) {
			var err error
			n, err = tx.UnreadTotal(b.ctx)
			b.ok(err)
		})
		return n
	}
	require.Equal(b.t, 0, total())
	b.acme.contact("eve", "77", "Eve")
	c := b.acme.conversation("c2", "eve", func(c *portal.Conversation) { c.UnreadCount = 3 })
	b.acme.update(func(tx store.Tx) {
		first, err := tx.Conversation(b.ctx, "c1")
		b.ok(err)
		first.UnreadCount = 4
		b.ok(tx.PutConversation(b.ctx, first))
	})
	require.Equal(b.t, 7, total())
	c.UnreadCount, c.Status = 2, portal.ConversationClosed // closed ones count, too
	b.acme.update(func(tx store.Tx) { b.ok(tx.PutConversation(b.ctx, c)) })
	require.Equal(b.t, 6, total())
}
