package desk

import (
	"context"
	"unicode/utf8"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
)

// ReplyInput is what an agent sends.
type ReplyInput struct {
	Text          string
	ClientID      string // unique in its conversation; the same again is the same message
	SeenMessageID string // newest message that the agent saw; "": no guard against another's reply
	Force         bool   // send whatever others have replied
}

// Reply queues a message to the contact. The same ClientID with the same text
// gives the same message again, created being false.
//
// Conflict: the ClientID was used for another text, the conversation is closed, or
// another agent has replied since SeenMessageID; then Data["newer"] holds those
// replies as []*portal.Message, oldest first.
func (d *Desk) Reply(ctx context.Context, who portal.Identity, conversationID string, in ReplyInput) (msg *portal.Message, created bool, err error) {
	in.Text = clean(in.Text)
	err = d.updateConversation(ctx, who, conversationID, func(c *change, conv *portal.Conversation) (err error) {
		if err := in.check(); err != nil {
			return err
		}
		if msg, err = in.earlier(ctx, c, conv); msg != nil || err != nil {
			return err
		}
		if conv.Status != portal.ConversationActive {
			return portal.Refuse(portal.Conflict, portal.WhyConversationClosed, "the conversation is closed")
		}
		if err := in.guard(ctx, c, conv, who); err != nil {
			return err
		}
		msg, created = in.message(d.newID(), conv, who, c.at), true
		defer failpoint.Hit(failpoint.ReplyWritten)
		return send(ctx, c, conv, msg)
	})
	if err != nil {
		return nil, false, err
	}
	failpoint.Hit(failpoint.ReplyCommitted)
	if created {
		d.sendReady()
	}
	return msg, created, nil
}

// send stores an outbound message and queues it for the provider.
func send(ctx context.Context, c *change, conv *portal.Conversation, m *portal.Message) error {
	if err := c.messageNew(ctx, m); err != nil {
		return err
	}
	c.touch(conv, m)
	if err := c.conversationUpdated(ctx, conv, portal.ReasonMessage); err != nil {
		return err
	}
	if conv.Channel != portal.ChannelWhatsApp {
		return nil
	}
	return c.tx.PutSend(ctx, m.ID, conv.Contact.ID, c.at)
}

func (in ReplyInput) check() error {
	if in.ClientID != clean(in.ClientID) || in.ClientID == "" || utf8.RuneCountInString(in.ClientID) > maxClientID {
		return portal.Errorf(portal.Invalid, "clientId must have 1 to %d characters", maxClientID)
	}
	return checkText(in.Text)
}

// earlier is the message that this input made before, if it did.
func (in ReplyInput) earlier(ctx context.Context, c *change, conv *portal.Conversation) (*portal.Message, error) {
	m, err := c.tx.MessageByClientID(ctx, conv.ID, in.ClientID)
	switch {
	case portal.CodeOf(err) == portal.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case m.Text != in.Text:
		return nil, portal.Refuse(portal.Conflict, portal.WhyClientIDUsed, "clientId was used for another text")
	}
	return m, nil
}

// guard refuses a reply by someone who hasn't seen another agent's.
func (in ReplyInput) guard(ctx context.Context, c *change, conv *portal.Conversation, who portal.Identity) error {
	if in.SeenMessageID == "" {
		return nil
	}
	unknown := portal.Errorf(portal.Invalid, "seenMessageId names no message of this conversation")
	if !isID(in.SeenMessageID) {
		return unknown
	}
	seen, err := c.tx.Message(ctx, in.SeenMessageID)
	switch {
	case portal.CodeOf(err) == portal.NotFound:
		return unknown
	case err != nil:
		return err
	case seen.ConversationID != conv.ID:
		return unknown
	case in.Force:
		return nil
	}
	replies, err := c.tx.RepliesAfter(ctx, conv.ID, seen.Seq, who.UserID)
	if err != nil {
		return err
	}
	var newer []*portal.Message
	for _, m := range replies {
		if m.Author.Type == portal.AuthorAgent {
			newer = append(newer, m)
		}
	}
	if len(newer) == 0 {
		return nil
	}
	return &portal.Error{Code: portal.Conflict, Why: portal.WhyOvertaken, Message: "another agent has replied meanwhile", Data: map[string]any{"newer": newer}}
}

func (in ReplyInput) message(id string, conv *portal.Conversation, who portal.Identity, at portal.Time) *portal.Message {
	return &portal.Message{ID: id, ConversationID: conv.ID, Direction: portal.Outbound, Type: portal.TypeText, Text: in.Text,
		Status: portal.StatusQueued, ClientID: &in.ClientID,
		Author: portal.Author{Type: portal.AuthorAgent, ID: who.UserID, Name: who.Name}, CreatedAt: at}
}
