package desk_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/stretchr/testify/require"
)

func TestReply(t *testing.T) {
	t.Run("DESK-16 a reply is stored, told of and queued", func(t *testing.T) {
		b := newBench(t)
		conv := b.begin("111")
		require.Zero(t, b.sendReady.Load())
		before := b.seq()
		m := b.reply(conv.ID, "c1")
		require.Equal(t, int32(1), b.sendReady.Load())
		events := b.events("acme", before)
		require.Equal(t, []string{"message:new", "conversation:updated message"}, names(events))
		require.Equal(t, m, body[portal.MessageNewBody](t, events[0]).Message)
		require.Equal(t, portal.StatusQueued, m.Status)
		require.Equal(t, portal.Author{Type: portal.AuthorAgent, ID: "ann", Name: "Ann"}, m.Author)
		updated := body[portal.ConversationUpdatedBody](t, events[1]).Conversation
		require.Equal(t, m.Summary(), updated.LastMessage)
		require.Equal(t, 1, updated.UnreadCount, "a reply reads nothing")
		require.Equal(t, 2, updated.MessageCount)

		_, _, err := b.Reply(t.Context(), ann, conv.ID, desk.ReplyInput{ClientID: "c2"})
		require.Error(t, err)
		require.Equal(t, int32(1), b.sendReady.Load())
	})
	t.Run("DESK-17 clientId", func(t *testing.T) {
		b := newBench(t)
		conv, other := b.begin("111"), b.begin("222")
		first := b.reply(conv.ID, "c1")
		again := func() {
			b.changesNothing(func() {
				m, created, err := b.Reply(t.Context(), ann, conv.ID, desk.ReplyInput{Text: first.Text, ClientID: "c1", SeenMessageID: conv.LastMessage.ID})
				require.NoError(t, err)
				require.False(t, created)
				require.Equal(t, first, m)
			})
		}
		again()
		require.Equal(t, int32(1), b.sendReady.Load())
		b.changesNothing(func() {
			_, _, err := b.Reply(t.Context(), ann, conv.ID, desk.ReplyInput{Text: "another text", ClientID: "c1"})
			require.Equal(t, portal.Conflict, code(err))
		})
		require.NotEqual(t, first.ID, b.reply(other.ID, "c1").ID)

		_, _, err := b.Reply(t.Context(), ben, conv.ID, desk.ReplyInput{Text: "me too", ClientID: "c2"})
		require.NoError(t, err)
		again() // though answered meanwhile
		_, err = b.SetStatus(t.Context(), ann, conv.ID, portal.ConversationClosed)
		require.NoError(t, err)
		again() // though closed meanwhile
	})
	t.Run("DESK-18 texts and clientIds", func(t *testing.T) {
		b := newBench(t)
		conv := b.begin("111")
		for _, in := range []desk.ReplyInput{
			{Text: "", ClientID: "c"}, {Text: " \t\n", ClientID: "c"}, {Text: "\u00a0\u2003\u3000\u2028", ClientID: "c"},
			{Text: "\u200b", ClientID: "c"}, {Text: "\ufeff \u200d\u2060", ClientID: "c"}, {Text: "\u00ad\u180e\u034f", ClientID: "c"},
			{Text: "\u3164\u115f", ClientID: "c"}, {Text: "\u2800\ufe0f", ClientID: "c"}, {Text: "\u202e\u2066\u2069", ClientID: "c"},
			{Text: strings.Repeat("é", 4097), ClientID: "c"},
			{Text: "x"}, {Text: "x", ClientID: strings.Repeat("c", 201)}, {Text: "x", ClientID: "a\x00b"}, {Text: "x", ClientID: "\xff"},
		} {
			b.changesNothing(func() {
				_, _, err := b.Reply(t.Context(), ann, conv.ID, in)
				require.Equal(t, portal.Invalid, code(err), "%q", in)
			})
		}
		for _, in := range []desk.ReplyInput{
			{Text: strings.Repeat("é", 4096), ClientID: strings.Repeat("c", 200)}, {Text: "👋", ClientID: "a"}, {Text: " x\n", ClientID: "b"},
			{Text: "x", ClientID: strings.Repeat("😀", 200)}, {Text: "👩\u200d💻", ClientID: "d"}, {Text: "\u202eשלום\u200f", ClientID: "e"},
			{Text: "\u06dd", ClientID: "f"}, {Text: "\u0301", ClientID: "g"},
		} {
			m, _, err := b.Reply(t.Context(), ann, conv.ID, in)
			require.NoError(t, err)
			require.Equal(t, in.Text, m.Text)
		}
		m, _, err := b.Reply(t.Context(), ann, conv.ID, desk.ReplyInput{Text: "a\x00b", ClientID: "nul"}) // DESK-7
		require.NoError(t, err)
		require.Equal(t, "a\uFFFDb", m.Text)
	})
	t.Run("DESK-19 a closed conversation takes none", func(t *testing.T) {
		b := newBench(t)
		conv := b.begin("111")
		_, err := b.SetStatus(t.Context(), ann, conv.ID, portal.ConversationClosed)
		require.NoError(t, err)
		b.changesNothing(func() {
			_, _, err := b.Reply(t.Context(), ann, conv.ID, desk.ReplyInput{Text: "x", ClientID: "c"})
			require.Equal(t, portal.Conflict, code(err))
		})
	})
}

func TestStaleReply(t *testing.T) {
	b := newBench(t)
	conv := b.begin("111")
	seen := conv.LastMessage.ID
	send := func(who portal.Identity, clientID, seen string, force bool) error {
		_, _, err := b.Reply(t.Context(), who, conv.ID, desk.ReplyInput{Text: "x", ClientID: clientID, SeenMessageID: seen, Force: force})
		return err
	}
	require.NoError(t, send(ann, "a1", seen, false))
	b.receive(text("w2", "111", "thanks"))
	t.Run("DESK-20 one's own and the contact's messages don't count", func(t *testing.T) {
		require.NoError(t, send(ann, "a2", seen, false))
	})
	t.Run("DESK-20 another agent's reply does", func(t *testing.T) {
		var conflict *portal.Error
		b.changesNothing(func() { require.True(t, errors.As(send(ben, "b1", seen, false), &conflict)) })
		require.Equal(t, portal.Conflict, conflict.Code)
		newer, ok := conflict.Data["newer"].([]*portal.Message)
		require.True(t, ok)
		require.Len(t, newer, 2)
		require.Equal(t, []string{"a1", "a2"}, []string{*newer[0].ClientID, *newer[1].ClientID})
	})
	t.Run("DESK-20 unless it was seen, or force", func(t *testing.T) {
		require.NoError(t, send(ben, "b1", b.conversation(conv.ID).LastMessage.ID, false))
		require.NoError(t, send(ann, "a3", seen, true))
		require.NoError(t, send(ann, "a4", "", false))
	})
	t.Run("DESK-20 a message of no other conversation can have been seen", func(t *testing.T) {
		other := b.begin("222").LastMessage.ID
		for _, id := range []string{"missing", other, "a\x00b", strings.Repeat("x", 1000)} {
			for _, force := range []bool{false, true} {
				require.Equal(t, portal.Invalid, code(send(ann, "a5", id, force)))
			}
		}
	})
}
