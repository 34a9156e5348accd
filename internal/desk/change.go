package desk

import (
	"context"
	"encoding/json"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// change is one transaction's writing: every object is stored together with the
// event that tells of it, and carries that event's seq as its version.
type change struct {
	tenantID string
	tx       store.Tx
	at       portal.Time // of the commit, as near as one can tell inside it
}

// update runs fn as one change of a tenant.
func (d *Desk) update(ctx context.Context, tenantID string, fn func(*change) error) error {
	return d.store.Update(ctx, tenantID, func(tx store.Tx) error {
		// Read inside the transaction: its turn has come, so times follow seqs.
		return fn(&change{tenantID: tenantID, tx: tx, at: d.time()})
	})
}

// updateConversation runs fn as one change of a conversation by who. Missing or
// another tenant's is NotFound, and only then a viewer's Forbidden.
func (d *Desk) updateConversation(ctx context.Context, who portal.Identity, id string, fn func(*change, *portal.Conversation) error) error {
	if !who.Role.CanWrite() {
		return d.CanChange(ctx, who, id)
	}
	return d.update(ctx, who.TenantID, func(c *change) error {
		conv, err := conversation(ctx, c.tx, id)
		if err != nil {
			return err
		}
		return fn(c, conv)
	})
}

// conversationNew stores a conversation that didn't exist.
func (c *change) conversationNew(ctx context.Context, conv *portal.Conversation) error {
	return c.putConversation(ctx, conv, portal.ConversationNew, func(seq int64) any {
		return portal.ConversationNewBody{Seq: seq, Conversation: conv}
	})
}

// conversationUpdated stores a conversation that changed for a reason.
func (c *change) conversationUpdated(ctx context.Context, conv *portal.Conversation, reason portal.Reason) error {
	return c.putConversation(ctx, conv, portal.ConversationUpdated, func(seq int64) any {
		return portal.ConversationUpdatedBody{Seq: seq, Conversation: conv, Reason: reason}
	})
}

// conversationAssigned stores a conversation whose assignee changed.
func (c *change) conversationAssigned(ctx context.Context, conv *portal.Conversation) error {
	return c.putConversation(ctx, conv, portal.ConversationAssigned, func(seq int64) any {
		return portal.ConversationAssignedBody{Seq: seq, Conversation: conv, Assignee: conv.Assignee}
	})
}

func (c *change) putConversation(ctx context.Context, conv *portal.Conversation, t portal.EventType, body func(seq int64) any) error {
	seq, err := c.tx.NextSeq(ctx)
	if err != nil {
		return err
	}
	conv.Version = seq
	if err := c.tx.PutConversation(ctx, conv); err != nil {
		return err
	}
	return c.append(ctx, seq, t, conv.ID, body(seq))
}

// messageNew stores a new message; its seq is its place in the thread.
func (c *change) messageNew(ctx context.Context, m *portal.Message) error {
	seq, err := c.tx.NextSeq(ctx)
	if err != nil {
		return err
	}
	m.Seq, m.Version = seq, seq
	if err := c.tx.PutMessage(ctx, m); err != nil {
		return err
	}
	return c.append(ctx, seq, portal.MessageNew, m.ConversationID, portal.MessageNewBody{Seq: seq, Message: m})
}

// messageStep stores a message that made a step at a time of the provider's, and
// its conversation if the list shows that message.
func (c *change) messageStep(ctx context.Context, m *portal.Message, at portal.Time) error {
	seq, err := c.tx.NextSeq(ctx)
	if err != nil {
		return err
	}
	m.Version = seq
	if err := c.tx.PutMessage(ctx, m); err != nil {
		return err
	}
	err = c.append(ctx, seq, portal.MessageDelivered, m.ConversationID, portal.MessageDeliveredBody{
		Seq: seq, ConversationID: m.ConversationID, MessageID: m.ID, ClientID: m.ClientID,
		Status: m.Status, At: at, Attempts: m.Attempts, WAMID: m.WAMID, Error: m.Error})
	if err != nil {
		return err
	}
	conv, err := c.tx.Conversation(ctx, m.ConversationID)
	if err != nil {
		return err
	}
	if conv.LastMessage == nil || conv.LastMessage.ID != m.ID {
		return nil
	}
	conv.LastMessage = m.Summary()
	return c.conversationUpdated(ctx, conv, portal.ReasonMessage)
}

// append writes an event whose body has its own seq in it.
func (c *change) append(ctx context.Context, seq int64, t portal.EventType, conversationID string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return portal.Errorf(portal.Internal, "encode %s: %w", t, err)
	}
	return c.tx.Append(ctx, portal.Event{Seq: seq, Type: t, ConversationID: conversationID, At: c.at, Body: encoded})
}

// touch makes m the newest message of its conversation. The time of the last
// activity never goes back, whatever the clock does.
func (c *change) touch(conv *portal.Conversation, m *portal.Message) {
	conv.LastMessage = m.Summary()
	conv.MessageCount++
	if c.at.After(conv.LastActivityAt) {
		conv.LastActivityAt = c.at
	}
}

func errForbidden() error { return portal.Errorf(portal.Forbidden, "your role doesn't allow this") }
