package desk

import (
	"context"

	"github.com/agentportal/portal"
)

// SetStatus closes or opens a conversation. Opening one whose contact has another
// active one is a Conflict. The same status again changes nothing.
func (d *Desk) SetStatus(ctx context.Context, who portal.Identity, conversationID string, status portal.ConversationStatus) (*portal.Conversation, error) {
	var result *portal.Conversation
	err := d.updateConversation(ctx, who, conversationID, func(c *change, conv *portal.Conversation) error {
		result = conv
		switch {
		case status != portal.ConversationActive && status != portal.ConversationClosed:
			return portal.Errorf(portal.Invalid, "status must be active or closed")
		case conv.Status == status:
			return nil
		case status == portal.ConversationActive:
			return c.open(ctx, conv)
		}
		conv.Status, conv.ClosedAt = status, c.at
		return c.conversationUpdated(ctx, conv, portal.ReasonStatus)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

func (c *change) open(ctx context.Context, conv *portal.Conversation) error {
	other, err := c.tx.ActiveConversation(ctx, conv.Contact.ID)
	switch {
	case err == nil:
		return &portal.Error{Code: portal.Conflict, Why: portal.WhyNewerConversation, Message: "the contact has another active conversation",
			Data: map[string]any{"conversationId": other.ID}}
	case portal.CodeOf(err) != portal.NotFound:
		return err
	}
	conv.Status, conv.ClosedAt = portal.ConversationActive, portal.Time{}
	return c.conversationUpdated(ctx, conv, portal.ReasonStatus)
}
