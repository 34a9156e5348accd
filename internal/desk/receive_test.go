package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/stretchr/testify/require"
)

func TestReceive(t *testing.T) {
	t.Run("DESK-1 the first message starts a conversation that holds it", func(t *testing.T) {
		b := newBench(t)
		events := b.receive(named(text("w1", "111", "hello"), "Zoe"))
		require.Equal(t, []string{"conversation:new", "message:new"}, names(events))
		conv := body[portal.ConversationNewBody](t, events[0]).Conversation
		msg := body[portal.MessageNewBody](t, events[1]).Message
		require.Equal(t, "Zoe", conv.Contact.Name)
		require.Equal(t, "111", *conv.Contact.WaID)
		require.Equal(t, portal.ConversationActive, conv.Status)
		require.Nil(t, conv.Assignee)
		require.Equal(t, 1, conv.UnreadCount)
		require.Equal(t, 1, conv.MessageCount)
		require.Equal(t, msg.Summary(), conv.LastMessage)
		require.Equal(t, portal.StatusReceived, msg.Status)
		require.Equal(t, portal.Author{Type: portal.AuthorCustomer, ID: conv.Contact.ID, Name: "Zoe"}, msg.Author)
	})
	t.Run("DESK-2 a further message makes message:new, then conversation:updated", func(t *testing.T) {
		b := newBench(t)
		conv := b.begin("111")
		events := b.receive(text("w2", "111", "again"))
		require.Equal(t, []string{"message:new", "conversation:updated message"}, names(events))
		updated := body[portal.ConversationUpdatedBody](t, events[1]).Conversation
		require.Equal(t, conv.ID, updated.ID)
		require.Equal(t, 2, updated.UnreadCount)
		require.Equal(t, 2, updated.MessageCount)
		require.Equal(t, "again", updated.LastMessage.Text)
	})
	t.Run("DESK-39 a file that the provider keeps has an address of the portal's own; another keeps its own", func(t *testing.T) {
		b := newBench(t)
		id, kind, theirs := "77", "image/png", "https://lookaside.example/77?expires=soon"
		in := text("w1", "111", "")
		in.Type, in.MediaID, in.MimeType, in.MediaURL = portal.TypeImage, &id, &kind, &theirs
		msg := body[portal.MessageNewBody](t, b.receive(in)[1]).Message
		require.Equal(t, "/api/media/"+msg.ID, *msg.MediaURL)
		found, err := b.Media(t.Context(), vic, msg.ID)
		require.NoError(t, err)
		require.Equal(t, desk.Media{Channel: found.Channel, ID: "77", MimeType: "image/png"}, found)
		require.Equal(t, "1055", found.Channel.PhoneNumberID)
		plain := text("w2", "111", "")
		plain.Type, plain.MediaURL = portal.TypeImage, &theirs
		msg = body[portal.MessageNewBody](t, b.receive(plain)[0]).Message
		require.Equal(t, theirs, *msg.MediaURL)
		for _, none := range []string{msg.ID, "none", "\x00", ""} {
			_, err := b.Media(t.Context(), ann, none)
			require.Equal(t, portal.NotFound, portal.CodeOf(err), "%q", none)
		}
	})
	t.Run("DESK-3 names", func(t *testing.T) {
		b := newBench(t)
		first := b.begin("111")
		require.Equal(t, "+111", first.Contact.Name)
		_, err := b.SetStatus(t.Context(), ann, first.ID, portal.ConversationClosed)
		require.NoError(t, err)
		b.receive(text("w2", "111", "second conversation"))
		events := b.receive(named(text("w3", "111", "renamed"), "Zoe"))
		require.Equal(t, []string{"conversation:updated contact", "conversation:updated contact",
			"message:new", "conversation:updated message"}, names(events))
		renamed := map[string]bool{}
		for _, e := range events[:2] {
			conv := body[portal.ConversationUpdatedBody](t, e).Conversation
			require.Equal(t, "Zoe", conv.Contact.Name)
			require.Equal(t, e.Seq, conv.Version)
			renamed[conv.ID] = true
		}
		require.Len(t, renamed, 2)
		require.Equal(t, "Zoe", b.conversation(first.ID).Contact.Name)
		require.Equal(t, "Zoe", body[portal.MessageNewBody](t, events[2]).Message.Author.Name)

		for _, in := range []desk.Inbound{text("w4", "111", "no name"), named(text("w5", "111", "same name"), "Zoe")} {
			require.Equal(t, []string{"message:new", "conversation:updated message"}, names(b.receive(in)))
		}
		require.Equal(t, "Zoe", b.conversation(first.ID).Contact.Name)
	})
	t.Run("DESK-3 a rename is told before the new conversation that its message starts", func(t *testing.T) {
		b := newBench(t)
		first := b.begin("111")
		_, err := b.SetStatus(t.Context(), ann, first.ID, portal.ConversationClosed)
		require.NoError(t, err)
		events := b.receive(named(text("w2", "111", "back again"), "Zoe"))
		require.Equal(t, []string{"conversation:updated contact", "conversation:new", "message:new"}, names(events))
	})
	t.Run("DESK-4 the same wamid has one effect", func(t *testing.T) {
		b := newBench(t)
		once := text("w1", "111", "once")
		require.Len(t, b.receive(once, once), 2)
		b.changesNothing(func() { b.receive(once) })
		b.changesNothing(func() { b.receive(named(text("w1", "222", "another contact's"), "Zoe")) })
		conv := b.begin("333")
		b.sent(conv.ID, "w.out")
		b.changesNothing(func() { b.receive(text("w.out", "333", "echo")) })
		require.Len(t, b.receive(text("wamid.other", "444", "the other tenant has this wamid")), 2)
	})
	t.Run("DESK-5 versions and seqs", func(t *testing.T) {
		b := newBench(t)
		conv := b.begin("111")
		require.Equal(t, int64(1), conv.Version)
		events := b.receive(text("w2", "111", "again"))
		msg := body[portal.MessageNewBody](t, events[0])
		require.Equal(t, events[0].Seq, msg.Seq)
		require.Equal(t, msg.Seq, msg.Message.Seq)
		require.Equal(t, msg.Seq, msg.Message.Version)
		require.Equal(t, msg.Message, b.message(msg.Message.ID))
		updated := body[portal.ConversationUpdatedBody](t, events[1])
		require.Equal(t, events[1].Seq, updated.Conversation.Version)
		require.Equal(t, updated.Conversation, b.conversation(conv.ID))
	})
	t.Run("DESK-6 times", func(t *testing.T) {
		b := newBench(t)
		conv := b.begin("111")
		require.Equal(t, portal.At(start), conv.LastActivityAt)
		b.now = start.Add(-time.Hour) // the clock jumps back
		events := b.receive(text("w2", "111", "again"))
		require.Equal(t, portal.At(start), b.conversation(conv.ID).LastActivityAt)
		require.Equal(t, "again", b.conversation(conv.ID).LastMessage.Text)
		require.Equal(t, portal.At(start.Add(-time.Hour)), body[portal.MessageNewBody](t, events[0]).Message.CreatedAt)
		b.now = start.Add(time.Minute)
		old := text("w3", "111", "oldest by the provider's clock")
		old.At = portal.At(start.Add(-24 * time.Hour))
		b.receive(old)
		require.Equal(t, portal.At(b.now), b.conversation(conv.ID).LastActivityAt)
		require.Equal(t, old.Text, b.conversation(conv.ID).LastMessage.Text)
	})
	t.Run("DESK-7 text that not every database can hold", func(t *testing.T) {
		b := newBench(t)
		long := strings.Repeat("long ", 20_000)
		file := "a\x00b.pdf"
		in := named(text("w1\x00", "111", "a\x00b\xffc <b> \u202e "+long), "Z\x00")
		in.Filename = &file
		msg := body[portal.MessageNewBody](t, b.receive(in)[1]).Message
		require.Equal(t, "a\uFFFDb\uFFFDc <b> \u202e "+long, msg.Text)
		require.Equal(t, "a\uFFFDb.pdf", *msg.Filename)
		require.Equal(t, "Z\uFFFD", msg.Author.Name)
		require.Equal(t, msg.Text, b.message(msg.ID).Text)
		b.changesNothing(func() { b.receive(in) })
	})
	t.Run("DESK-7 a wamid that no index can hold", func(t *testing.T) {
		b := newBench(t)
		longest := strings.Repeat("w", 1024)
		require.NotEmpty(t, b.receive(text(longest, "111", "fits")))
		for _, wamid := range []string{longest + "w", strings.Repeat("\x00", 342)} { // U+FFFD has three bytes
			in := text(wamid, "111", "doesn't")
			require.Equal(t, portal.Invalid, code(b.Receive(t.Context(), "acme", []desk.Inbound{in})[0]))
			r := desk.Report{WAMID: wamid, Status: portal.StatusRead, At: portal.At(b.now)}
			require.Equal(t, portal.Invalid, code(b.Report(t.Context(), "acme", []desk.Report{r})[0]))
		}
	})
}

func TestBatches(t *testing.T) {
	poison := portal.Errorf(portal.Internal, "poison")
	t.Run("DESK-8 one transaction, each with its own events", func(t *testing.T) {
		b := newBench(t)
		b.faults.updates = 0
		events := b.receive(text("w1", "111", "a"), text("w2", "222", "b"), text("w3", "111", "c"))
		require.Equal(t, 1, b.faults.updates)
		require.Equal(t, []string{"conversation:new", "message:new", "conversation:new", "message:new",
			"message:new", "conversation:updated message"}, names(events))
	})
	t.Run("DESK-8 what can never be applied spoils nothing", func(t *testing.T) {
		b := newBench(t)
		b.faults.wamid = map[string]error{"bad": portal.Errorf(portal.Invalid, "for good")}
		missing := text("", "333", "no wamid")
		errs := b.Receive(t.Context(), "acme", []desk.Inbound{text("w1", "111", "a"), text("bad", "111", "b"), missing, text("w3", "111", "c")})
		require.Equal(t, []portal.Code{"", portal.Invalid, portal.Invalid, ""}, []portal.Code{code(errs[0]), code(errs[1]), code(errs[2]), code(errs[3])})
		require.Equal(t, []string{"conversation:new", "message:new", "message:new", "conversation:updated message"}, names(b.events("acme", 0)))
	})
	t.Run("DESK-8 an unknown tenant is not_found", func(t *testing.T) {
		b := newBench(t)
		errs := b.Receive(t.Context(), "nobody", []desk.Inbound{text("w1", "111", "a"), text("w2", "222", "b")})
		require.Equal(t, portal.NotFound, code(errs[0]))
		require.Equal(t, portal.NotFound, code(errs[1]))
	})
	t.Run("DESK-9 a contact's messages don't overtake one that has to wait", func(t *testing.T) {
		b := newBench(t)
		b.faults.wamid = map[string]error{"w1": poison}
		batch := []desk.Inbound{text("w1", "111", "first"), text("w2", "222", "other"), text("w3", "111", "second")}
		errs := b.Receive(t.Context(), "acme", batch)
		require.ErrorIs(t, errs[0], poison)
		require.NoError(t, errs[1])
		require.ErrorIs(t, errs[2], poison)
		b.faults.wamid = nil
		events := b.receive(batch...)
		require.Equal(t, "first", body[portal.MessageNewBody](t, events[1]).Message.Text)
		require.Equal(t, "second", body[portal.MessageNewBody](t, events[2]).Message.Text)
	})
	t.Run("DESK-9 one contact's lock doesn't count as the database's absence", func(t *testing.T) {
		b := newBench(t)
		b.faults.wamid = map[string]error{"w1": portal.Errorf(portal.Unavailable, "locked")}
		errs := b.Receive(t.Context(), "acme", []desk.Inbound{text("w1", "111", "a"), text("w2", "222", "b"), text("w3", "333", "c")})
		require.Equal(t, portal.Unavailable, code(errs[0]))
		require.NoError(t, errs[1])
		require.NoError(t, errs[2])
	})
	t.Run("DESK-10 a database that is away isn't asked for each", func(t *testing.T) {
		b := newBench(t)
		b.faults.update, b.faults.updates = portal.Errorf(portal.Unavailable, "away"), 0
		var batch []desk.Inbound
		for _, n := range []string{"1", "2", "3", "4", "5", "6"} {
			batch = append(batch, text("w"+n, n, "x"))
		}
		for _, err := range b.Receive(t.Context(), "acme", batch) {
			require.Equal(t, portal.Unavailable, code(err))
		}
		require.LessOrEqual(t, b.faults.updates, 3)
		b.faults.update = nil
		require.Len(t, b.receive(batch...), 12)
	})
}
