package desk

import (
	"context"

	"github.com/agentportal/portal"
)

// Read notes that an agent has read a conversation. When nothing is unread it
// changes nothing.
func (d *Desk) Read(ctx context.Context, who portal.Identity, conversationID string) (*portal.Conversation, error) {
	var result *portal.Conversation
	err := d.updateConversation(ctx, who, conversationID, func(c *change, conv *portal.Conversation) error {
		result = conv
		if conv.UnreadCount == 0 {
			return nil
		}
		conv.UnreadCount = 0
		return c.conversationUpdated(ctx, conv, portal.ReasonRead)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}
