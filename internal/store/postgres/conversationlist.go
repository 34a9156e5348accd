package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// order is how one Sort is read: along the index of the same columns.
type order struct {
	keys   string // each descending
	values func(c *store.ConversationCursor) []any
}

func orderOf(s store.Sort) order {
	switch s {
	case store.SortCreatedAt:
		return order{"c.created_at, c.id",
			func(c *store.ConversationCursor) []any { return []any{c.CreatedAt.UnixMilli(), c.ID} }}
	case store.SortUnread:
		return order{"c.unread_count, c.last_activity_at, c.id",
			func(c *store.ConversationCursor) []any { return []any{c.Unread, c.LastActivityAt.UnixMilli(), c.ID} }}
	default:
		return order{"c.last_activity_at, c.id",
			func(c *store.ConversationCursor) []any { return []any{c.LastActivityAt.UnixMilli(), c.ID} }}
	}
}

// ListConversations implements store.Conversations.
func (t *readTx) ListConversations(ctx context.Context, q store.ConversationQuery) ([]*portal.Conversation, error) {
	text, args := listQuery(t.tenant, q)
	return all(ctx, t.conn, "conversations", scanConversation, text, args...)
}

// listQuery picks the page from conversations alone, along the sort's index,
// and joins the rest to that: the planner, when it knows little of the rows yet,
// would rather join ten thousand and sort them.
func listQuery(tenant string, q store.ConversationQuery) (text string, args []any) {
	o := orderOf(q.Sort)
	mark := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	where := []string{"c.tenant_id = " + mark(tenant)}
	if q.Status != "" {
		where = append(where, "c.status = "+mark(q.Status))
	}
	if q.Unassigned {
		where = append(where, "c.assignee_id IS NULL")
	} else if q.AssigneeID != "" {
		where = append(where, "c.assignee_id = "+mark(q.AssigneeID))
	}
	if q.Search != "" {
		// strpos takes the term as it is: no pattern, nothing to escape. Each half
		// has an index of its own, since long names don't fit into one.
		found := "s.tenant_id = $1 AND (strpos(s.folded, " + mark(store.Fold(q.Search)) + ") > 0 OR strpos(s.wa_id, " + mark(q.Search) + ") > 0)"
		where = append(where, "c.contact_id IN (SELECT s.id FROM contacts s WHERE octet_length(s.folded) <= 1000 AND "+found+
			" UNION ALL SELECT s.id FROM contacts s WHERE octet_length(s.folded) > 1000 AND "+found+")")
	}
	if q.After != nil {
		var marks []string
		for _, v := range o.values(q.After) {
			marks = append(marks, mark(v))
		}
		where = append(where, "("+o.keys+") < ("+strings.Join(marks, ", ")+")")
	}
	descending := " ORDER BY " + strings.ReplaceAll(o.keys, ",", " DESC,") + " DESC"
	page := "(SELECT * FROM conversations c WHERE " + strings.Join(where, " AND ") + descending + " LIMIT " + mark(q.Limit) + ") c"
	return strings.Replace(selectConversation, "conversations c", page, 1) + descending, args
}
