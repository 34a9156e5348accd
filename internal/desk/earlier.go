package desk

import (
	"context"
	"slices"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// ContactConversations are all conversations with one contact, newest first, and
// the seq of the log that they reflect. NotFound for a contact that has none,
// which is a contact that doesn't exist.
func (d *Desk) ContactConversations(ctx context.Context, who portal.Identity, contactID string) ([]*portal.Conversation, int64, error) {
	notFound := portal.Errorf(portal.NotFound, "no such contact")
	if !isID(contactID) {
		return nil, 0, notFound
	}
	var convs []*portal.Conversation
	var seq int64
	err := d.view(ctx, who, func(tx store.ReadTx) (err error) {
		if convs, err = tx.ConversationsOf(ctx, contactID); err != nil {
			return err
		}
		seq, err = tx.LastSeq(ctx)
		return err
	})
	if err == nil && len(convs) == 0 {
		err = notFound
	}
	slices.Reverse(convs)
	return convs, seq, err
}
