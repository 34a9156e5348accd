package desk

import (
	"context"
	"strconv"

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
		place, err := decodePlace(before)
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
		next := strconv.FormatInt(result.Messages[0].Seq, 10)
		result.NextCursor = &next
	}
	if result.Messages == nil {
		result.Messages = []*portal.Message{}
	}
	return result, nil
}

// decodePlace reads a seq; 0 is the thread's end.
func decodePlace(before string) (int64, error) {
	if before == "" {
		return 0, nil
	}
	place, err := strconv.ParseInt(before, 10, 64)
	if err != nil || place < 1 {
		return 0, portal.Errorf(portal.Invalid, "before is no cursor of this thread")
	}
	return place, nil
}
