package sqlite

import (
	"context"
	"strings"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// order is how one Sort is read: along an index that also holds what the list
// is filtered by, so that only rows of the page are fetched. The index is named
// because the planner, which knows nothing of the rows, may prefer another one
// and sort ten thousand.
type order struct {
	index  string
	keys   string // also the order, each descending
	marks  string
	values func(c *store.ConversationCursor) []any
}

func orderOf(s store.Sort) order {
	switch s {
	case store.SortCreatedAt:
		return order{"conversations_created", "c.created_at, c.id", "?, ?",
			func(c *store.ConversationCursor) []any { return []any{c.CreatedAt.UnixMilli(), c.ID} }}
	case store.SortUnread:
		return order{"conversations_unread", "c.unread_count, c.last_activity_at, c.id", "?, ?, ?",
			func(c *store.ConversationCursor) []any { return []any{c.Unread, c.LastActivityAt.UnixMilli(), c.ID} }}
	default:
		return order{"conversations_activity", "c.last_activity_at, c.id", "?, ?",
			func(c *store.ConversationCursor) []any { return []any{c.LastActivityAt.UnixMilli(), c.ID} }}
	}
}

// ListConversations implements store.Conversations.
func (t *readTx) ListConversations(ctx context.Context, q store.ConversationQuery) ([]*portal.Conversation, error) {
	text, args := listQuery(t.tenant, q)
	return all(ctx, t.conn, "conversations", scanConversation, text, args...)
}

func listQuery(tenant string, q store.ConversationQuery) (text string, args []any) {
	o := orderOf(q.Sort)
	where, args := []string{"c.tenant_id = ?"}, []any{tenant}
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if q.Status != "" {
		add("c.status = ?", q.Status)
	}
	if q.Unassigned {
		add("c.assignee_id IS NULL")
	} else if q.AssigneeID != "" {
		add("c.assignee_id = ?", q.AssigneeID)
	}
	if q.Search != "" {
		// instr takes the term as it is: no pattern, nothing to escape.
		add(`c.contact_id IN (SELECT s.id FROM contacts s INDEXED BY contacts_search
			WHERE s.tenant_id = ? AND (instr(s.folded, ?) > 0 OR instr(s.wa_id, ?) > 0))`, tenant, store.Fold(q.Search), q.Search)
	}
	if q.After != nil {
		add("("+o.keys+") < ("+o.marks+")", o.values(q.After)...)
	}
	text = strings.Replace(selectConversation, "conversations c", "conversations c INDEXED BY "+o.index, 1) +
		" WHERE " + strings.Join(where, " AND ") +
		" ORDER BY " + strings.ReplaceAll(o.keys, ",", " DESC,") + " DESC LIMIT ?"
	return text, append(args, q.Limit)
}
