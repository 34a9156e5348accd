package desk_test

import (
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/stretchr/testify/require"
)

func TestAssign(t *testing.T) {
	b := newBench(t)
	conv := b.begin("111")
	to := func(id string) *string { return &id }
	t.Run("DESK-21 to a user and to nobody", func(t *testing.T) {
		for _, step := range []struct {
			to   *string
			want *portal.Person
		}{{to("ben"), &portal.Person{ID: "ben", Name: "Ben"}}, {to("ada"), &portal.Person{ID: "ada", Name: "Ada"}}, {nil, nil}} {
			before := b.seq()
			got, err := b.Assign(t.Context(), ann, conv.ID, step.to)
			require.NoError(t, err)
			events := b.events("acme", before)
			require.Equal(t, []string{"conversation:assigned"}, names(events))
			assigned := body[portal.ConversationAssignedBody](t, events[0])
			require.Equal(t, step.want, assigned.Assignee)
			require.Equal(t, step.want, assigned.Conversation.Assignee)
			require.Equal(t, events[0].Seq, got.Version)
			require.Equal(t, got, b.conversation(conv.ID))
			b.changesNothing(func() { // DESK-24
				again, err := b.Assign(t.Context(), ben, conv.ID, step.to)
				require.NoError(t, err)
				require.Equal(t, got, again)
			})
		}
	})
	t.Run("DESK-21 to nobody that can't be assigned", func(t *testing.T) {
		for _, id := range []string{"missing", "olga", "vic", "", "a\x00b"} {
			b.changesNothing(func() {
				_, err := b.Assign(t.Context(), ann, conv.ID, &id)
				require.Equal(t, portal.Invalid, code(err), "%q", id)
			})
		}
	})
}

func TestStatus(t *testing.T) {
	b := newBench(t)
	conv := b.begin("111")
	set := func(id string, status portal.ConversationStatus) *portal.Conversation {
		before := b.seq()
		got, err := b.SetStatus(t.Context(), ann, id, status)
		require.NoError(t, err)
		require.Equal(t, []string{"conversation:updated status"}, names(b.events("acme", before)))
		require.Equal(t, got, b.conversation(id))
		b.changesNothing(func() { // DESK-24
			_, err := b.SetStatus(t.Context(), ann, id, status)
			require.NoError(t, err)
		})
		return got
	}
	t.Run("DESK-22 close and open", func(t *testing.T) {
		b.now = start.Add(time.Minute)
		require.Equal(t, portal.At(b.now), set(conv.ID, portal.ConversationClosed).ClosedAt)
		require.True(t, set(conv.ID, portal.ConversationActive).ClosedAt.IsZero())
	})
	t.Run("DESK-22 one active conversation of a contact", func(t *testing.T) {
		set(conv.ID, portal.ConversationClosed)
		events := b.receive(text("w2", "111", "me again"))
		require.Equal(t, []string{"conversation:new", "message:new"}, names(events))
		second := body[portal.ConversationNewBody](t, events[0]).Conversation
		require.NotEqual(t, conv.ID, second.ID)
		require.Equal(t, conv.Contact.ID, second.Contact.ID)
		b.changesNothing(func() {
			_, err := b.SetStatus(t.Context(), ann, conv.ID, portal.ConversationActive)
			require.Equal(t, portal.Conflict, code(err))
		})
		set(second.ID, portal.ConversationClosed)
		set(conv.ID, portal.ConversationActive)
	})
	t.Run("DESK-22 another status is invalid", func(t *testing.T) {
		for _, status := range []portal.ConversationStatus{"", "open", "Active"} {
			_, err := b.SetStatus(t.Context(), ann, conv.ID, status)
			require.Equal(t, portal.Invalid, code(err))
		}
	})
}

func TestRead(t *testing.T) {
	b := newBench(t)
	conv := b.begin("111")
	before := b.seq()
	got, err := b.Read(t.Context(), ann, conv.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"conversation:updated read"}, names(b.events("acme", before)), "DESK-23")
	require.Zero(t, got.UnreadCount)
	require.Equal(t, got, b.conversation(conv.ID))
	b.changesNothing(func() { // DESK-24
		_, err := b.Read(t.Context(), ben, conv.ID)
		require.NoError(t, err)
	})
	b.receive(text("w2", "111", "more"))
	require.Equal(t, 1, b.conversation(conv.ID).UnreadCount)
}

// TestAccess runs every use case of a conversation as everyone, on what is there,
// missing and another tenant's.
func TestAccess(t *testing.T) {
	b := newBench(t)
	own := b.begin("111").ID
	list, err := b.Conversations(t.Context(), olga, desk.ListInput{})
	require.NoError(t, err)
	others := list.Conversations[0].ID
	nobody := "nobody"
	writes := map[string]func(who portal.Identity, id string) error{
		"Reply": func(who portal.Identity, id string) error {
			_, _, err := b.Reply(t.Context(), who, id, desk.ReplyInput{Text: "x", ClientID: who.UserID})
			return err
		},
		"invalid Reply": func(who portal.Identity, id string) error {
			_, _, err := b.Reply(t.Context(), who, id, desk.ReplyInput{})
			return err
		},
		"Assign": func(who portal.Identity, id string) error { _, err := b.Assign(t.Context(), who, id, nil); return err },
		"invalid Assign": func(who portal.Identity, id string) error {
			_, err := b.Assign(t.Context(), who, id, &nobody)
			return err
		},
		"SetStatus": func(who portal.Identity, id string) error {
			_, err := b.SetStatus(t.Context(), who, id, portal.ConversationActive)
			return err
		},
		"invalid SetStatus": func(who portal.Identity, id string) error {
			_, err := b.SetStatus(t.Context(), who, id, "none")
			return err
		},
		"Read": func(who portal.Identity, id string) error { _, err := b.Read(t.Context(), who, id); return err },
	}
	reads := map[string]func(who portal.Identity, id string) error{
		"Conversation": func(who portal.Identity, id string) error {
			_, _, err := b.Conversation(t.Context(), who, id)
			return err
		},
		"Messages": func(who portal.Identity, id string) error {
			_, err := b.Messages(t.Context(), who, id, "", 0)
			return err
		},
		"CanSee": func(who portal.Identity, id string) error { return b.CanSee(t.Context(), who, id) },
	}
	check := func(name string, do func(portal.Identity, string) error, viewer portal.Code) {
		t.Run("DESK-25 "+name, func(t *testing.T) {
			for _, who := range []portal.Identity{ann, ada, vic} {
				var messages []string
				for _, id := range []string{others, "missing", "", "a\x00b", "\xff"} {
					err := do(who, id)
					require.Equal(t, portal.NotFound, code(err), "%s %q", who.UserID, id)
					messages = append(messages, err.Error())
				}
				require.Equal(t, messages[0], messages[1], "another tenant's looks exactly like a missing one")
			}
			require.Equal(t, viewer, code(do(vic, own)))
			if err := do(ann, own); err != nil {
				require.Equal(t, portal.Invalid, code(err))
			}
		})
	}
	for name, do := range writes {
		check(name, do, portal.Forbidden)
	}
	for name, do := range reads {
		check(name, do, "")
	}
}
