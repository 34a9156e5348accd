package desk

import (
	"context"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// MessagesResult is a page of a thread as of Seq, oldest first.
type MessagesResult struct {
	Messages   []*portal.Message `json:"messages"`
	NextCursor *string           `json:"nextCursor"` // of the older page; null on the first of the thread
	Seq        int64             `json:"seq"`
}

// Messages is the newest page of a thread, or the one before the cursor before.
// A limit of 0 is DefaultPage; at most MaxPage.
func (d *Desk) Messages(ctx context.Context, who portal.Identity, id, before string, limit int) (MessagesResult, error) {
	var result MessagesResult
	err := d.view(ctx, who, func(tx store.ReadTx) (err error) {
		if _, err := conversation(ctx, tx, id); err != nil {
			return err
		}
		if limit, err = pageSize(limit); err != nil {
			return err
		}
		place, err := decodePlace(id, before)
		if err != nil {
			return err
		}
		if result.Messages, err = tx.ListMessages(ctx, id, place, limit+1); err != nil {
			return err
		}
		result.Seq, err = tx.LastSeq(ctx)
		return err
	})
	if err != nil {
		return MessagesResult{}, err
	}
	if extra := len(result.Messages) - limit; extra > 0 {
		result.Messages = result.Messages[extra:]
		next := sealCursor(threadOf(id), result.Messages[0].Seq)
		result.NextCursor = &next
	}
	if result.Messages == nil {
		result.Messages = []*portal.Message{}
	}
	return result, nil
}

// threadOf names a conversation's thread, for its cursors.
func threadOf(conversationID string) string { return "messages " + conversationID }

// decodePlace reads a seq; 0 is the thread's end.
func decodePlace(conversationID, before string) (place int64, err error) {
	if before != "" {
		err = openCursor(threadOf(conversationID), before, &place)
	}
	return place, err
}
