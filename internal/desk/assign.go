package desk

import (
	"context"

	"github.com/agentportal/portal"
)

// Assign gives a conversation to a user who may write, or to nobody. Any other
// user is Invalid. The same assignee again changes nothing.
func (d *Desk) Assign(ctx context.Context, who portal.Identity, conversationID string, userID *string) (*portal.Conversation, error) {
	var result *portal.Conversation
	err := d.updateConversation(ctx, who, conversationID, func(c *change, conv *portal.Conversation) error {
		result = conv
		if userID == nil {
			if conv.Assignee == nil {
				return nil
			}
			conv.Assignee = nil
			return c.conversationAssigned(ctx, conv)
		}
		assignee, err := c.assignee(ctx, *userID)
		if err != nil {
			return err
		}
		if conv.Assignee != nil && conv.Assignee.ID == assignee.ID {
			return nil
		}
		conv.Assignee = assignee
		return c.conversationAssigned(ctx, conv)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

func (c *change) assignee(ctx context.Context, userID string) (*portal.Person, error) {
	unknown := portal.Refuse(portal.Invalid, portal.WhyAssigneeUnknown, "userId names nobody who can be assigned")
	if !isID(userID) {
		return nil, unknown
	}
	user, err := c.tx.User(ctx, userID)
	switch {
	case portal.CodeOf(err) == portal.NotFound:
		return nil, unknown
	case err != nil:
		return nil, err
	case !user.Role.CanWrite():
		return nil, unknown
	}
	return &portal.Person{ID: user.ID, Name: user.Name}, nil
}
