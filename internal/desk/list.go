package desk

import (
	"context"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// The sizes of a page.
const (
	DefaultPage = 50
	MaxPage     = 200
)

// ListInput selects a page of conversations. The zero value is the first page of all.
type ListInput struct {
	Status   string // "active", "closed"; "" is both
	Assignee string // a user's id, "me" or "unassigned"; "" is anyone
	Search   string // a literal part of name or number, any case
	Sort     string // "lastActivity" (also ""), "createdAt", "unread"
	Cursor   string // NextCursor of the page before, of the same Sort
	Limit    int    // 0 is DefaultPage; at most MaxPage
}

// ListResult is a page of conversations as of Seq.
type ListResult struct {
	Conversations []*portal.Conversation `json:"conversations"`
	NextCursor    *string                `json:"nextCursor"`  // null on the last page
	UnreadTotal   int                    `json:"unreadTotal"` // of all the tenant's
	Seq           int64                  `json:"seq"`
}

// Conversations is a page of the tenant's conversations.
func (d *Desk) Conversations(ctx context.Context, who portal.Identity, in ListInput) (ListResult, error) {
	q, err := in.query(who)
	if err != nil {
		return ListResult{}, err
	}
	limit := q.Limit
	q.Limit++ // one more tells whether there is a next page
	var result ListResult
	err = d.view(ctx, who, func(tx store.ReadTx) (err error) {
		if result.Conversations, err = tx.ListConversations(ctx, q); err != nil {
			return err
		}
		if result.UnreadTotal, err = tx.UnreadTotal(ctx); err != nil {
			return err
		}
		result.Seq, err = tx.LastSeq(ctx)
		return err
	})
	if err != nil {
		return ListResult{}, err
	}
	if len(result.Conversations) > limit {
		result.Conversations = result.Conversations[:limit]
		next := encodeCursor(who.TenantID, q.Sort, result.Conversations[limit-1])
		result.NextCursor = &next
	}
	if result.Conversations == nil {
		result.Conversations = []*portal.Conversation{}
	}
	return result, nil
}

func (in ListInput) query(who portal.Identity) (store.ConversationQuery, error) {
	q := store.ConversationQuery{Search: clean(in.Search), Sort: store.Sort(in.Sort)}
	var err error
	if q.Limit, err = pageSize(in.Limit); err != nil {
		return q, err
	}
	switch status := portal.ConversationStatus(in.Status); status {
	case "", portal.ConversationActive, portal.ConversationClosed:
		q.Status = status
	default:
		return q, portal.Errorf(portal.Invalid, "status must be active or closed")
	}
	switch q.Sort {
	case "":
		q.Sort = store.SortLastActivity
	case store.SortLastActivity, store.SortCreatedAt, store.SortUnread:
	default:
		return q, portal.Errorf(portal.Invalid, "sort must be lastActivity, createdAt or unread")
	}
	switch in.Assignee {
	case "unassigned":
		q.Unassigned = true
	case "me":
		q.AssigneeID = who.UserID
	default:
		q.AssigneeID = clean(in.Assignee)
	}
	q.After, err = decodeCursor(who.TenantID, q.Sort, in.Cursor)
	return q, err
}

func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return DefaultPage, nil
	case limit < 0, limit > MaxPage:
		return 0, portal.Errorf(portal.Invalid, "limit must be 1 to %d", MaxPage)
	}
	return limit, nil
}

// listPlace is where a page of the list ended.
type listPlace struct {
	Activity int64  `json:"a"` // milliseconds
	Created  int64  `json:"c"`
	Unread   int    `json:"u"`
	ID       string `json:"i"`
}

// listOf names a tenant's list in one order, for its cursors.
func listOf(tenantID string, sort store.Sort) string {
	return "conversations " + string(sort) + " " + tenantID
}

func encodeCursor(tenantID string, sort store.Sort, last *portal.Conversation) string {
	return sealCursor(listOf(tenantID, sort), listPlace{Activity: last.LastActivityAt.UnixMilli(),
		Created: last.CreatedAt.UnixMilli(), Unread: last.UnreadCount, ID: last.ID})
}

func decodeCursor(tenantID string, sort store.Sort, s string) (*store.ConversationCursor, error) {
	if s == "" {
		return nil, nil
	}
	var at listPlace
	if err := openCursor(listOf(tenantID, sort), s, &at); err != nil {
		return nil, err
	}
	return &store.ConversationCursor{LastActivityAt: portal.UnixMilli(at.Activity),
		CreatedAt: portal.UnixMilli(at.Created), Unread: at.Unread, ID: at.ID}, nil
}
