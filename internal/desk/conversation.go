package desk

import (
	"context"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// Conversation is one conversation and the seq of the log that it reflects.
func (d *Desk) Conversation(ctx context.Context, who portal.Identity, id string) (*portal.Conversation, int64, error) {
	var conv *portal.Conversation
	var seq int64
	err := d.view(ctx, who, func(tx store.ReadTx) (err error) {
		if conv, err = conversation(ctx, tx, id); err != nil {
			return err
		}
		seq, err = tx.LastSeq(ctx)
		return err
	})
	return conv, seq, err
}

// CanSee tells by its error whether who may see a conversation: NotFound when it
// is missing or another tenant's.
func (d *Desk) CanSee(ctx context.Context, who portal.Identity, conversationID string) error {
	return d.view(ctx, who, func(tx store.ReadTx) error {
		_, err := conversation(ctx, tx, conversationID)
		return err
	})
}

// CanChange tells by its error whether who may change a conversation: NotFound
// as CanSee has it, and only then a viewer's Forbidden.
func (d *Desk) CanChange(ctx context.Context, who portal.Identity, conversationID string) error {
	if err := d.CanSee(ctx, who, conversationID); err != nil {
		return err
	}
	if !who.Role.CanWrite() {
		return errForbidden()
	}
	return nil
}

// conversation finds by an id that a client sent.
func conversation(ctx context.Context, tx store.ReadTx, id string) (*portal.Conversation, error) {
	if !isID(id) {
		return nil, portal.Errorf(portal.NotFound, "no such conversation")
	}
	return tx.Conversation(ctx, id)
}
