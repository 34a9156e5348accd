package storetest

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var listCases = []testCase{
	{"STORE-13 every sort, paged, gives each conversation once and in order", sortsAndCursors},
	{"STORE-14 filters select, alone and together", filters},
	{"STORE-15 a search is a literal part of the name or number", searchLiteral},
	{"STORE-15 in any case", searchAnyCase},
	{"STORE-15 in a name of any length", searchLongName},
}

func (b *bench) list(q store.ConversationQuery) (list []*portal.Conversation) {
	b.t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	b.acme.view(func(tx store.ReadTx) {
		var err error
		list, err = tx.ListConversations(b.ctx, q)
		b.ok(err)
	})
	return list
}

// less orders as the sort promises.
var less = map[store.Sort]func(a, b *portal.Conversation) int{
	store.SortLastActivity: func(a, b *portal.Conversation) int {
		return cmp.Or(cmp.Compare(b.LastActivityAt.UnixMilli(), a.LastActivityAt.UnixMilli()), cmp.Compare(b.ID, a.ID))
	},
	store.SortCreatedAt: func(a, b *portal.Conversation) int {
		return cmp.Or(cmp.Compare(b.CreatedAt.UnixMilli(), a.CreatedAt.UnixMilli()), cmp.Compare(b.ID, a.ID))
	},
	store.SortUnread: func(a, b *portal.Conversation) int {
		return cmp.Or(cmp.Compare(b.UnreadCount, a.UnreadCount),
			cmp.Compare(b.LastActivityAt.UnixMilli(), a.LastActivityAt.UnixMilli()), cmp.Compare(b.ID, a.ID))
	},
}

// many plants conversations with many ties, in mixed case ids.
func (b *bench) many(n int) {
	b.t.Helper()
	b.acme.update(func(tx store.Tx) {
		for i := range n {
			id := fmt.Sprintf("%c-%d", "aBcD"[i%4], i)
			b.ok(tx.PutContact(b.ctx, portal.Contact{ID: id, WaID: ptr(fmt.Sprintf("99%04d", i)), Name: fmt.Sprintf("Contact %d", i)}, start))
			c := &portal.Conversation{ID: id, TenantID: "acme", Channel: portal.ChannelWhatsApp, Contact: portal.Contact{ID: id}, Status: portal.ConversationActive,
				UnreadCount: i * 7 % 5, CreatedAt: after(start, time.Duration(i*3%7)*time.Minute), LastActivityAt: after(start, time.Duration(i*5%6)*time.Minute)}
			if i%3 == 0 {
				c.Status, c.ClosedAt = portal.ConversationClosed, start
			}
			if i%2 == 0 {
				c.Assignee = &portal.Person{ID: []string{"ann", "bob"}[i/2%2], Name: []string{"ann", "bob"}[i/2%2]}
			}
			b.ok(tx.PutConversation(b.ctx, c))
		}
	})
}

func sortsAndCursors(b *bench) {
	b.many(40)
	for sort, order := range less {
		want := b.list(store.ConversationQuery{})
		slices.SortFunc(want, order)
		for _, limit := range []int{1, 3, 41, 100} {
			var got []string
			q := store.ConversationQuery{Sort: sort, Limit: limit}
			for {
				page := b.list(q)
				got = append(got, ids(page)...)
				if len(page) < limit {
					break
				}
				last := page[len(page)-1]
				q.After = &store.ConversationCursor{LastActivityAt: last.LastActivityAt, CreatedAt: last.CreatedAt, Unread: last.UnreadCount, ID: last.ID}
			}
			require.Equal(b.t, ids(want), got, "%s by %d", sort, limit)
		}
	}
	require.Equal(b.t, ids(b.list(store.ConversationQuery{Sort: store.SortLastActivity})), ids(b.list(store.ConversationQuery{})), "the default")
}

func filters(b *bench) {
	b.many(40)
	everything := b.list(store.ConversationQuery{})
	for sort := range less {
		for _, status := range []portal.ConversationStatus{"", portal.ConversationActive, portal.ConversationClosed} {
			for _, who := range []string{"", "ann", "nobody", "unassigned"} {
				for _, search := range []string{"", "CONTACT 1", "9900"} {
					q := store.ConversationQuery{Sort: sort, Status: status, Search: search, AssigneeID: who}
					if who == "unassigned" {
						q.AssigneeID, q.Unassigned = "", true
					}
					want := slices.Clone(everything)
					want = slices.DeleteFunc(want, func(c *portal.Conversation) bool {
						return status != "" && c.Status != status ||
							q.Unassigned && c.Assignee != nil ||
							q.AssigneeID != "" && (c.Assignee == nil || c.Assignee.ID != who) ||
							!matches(c.Contact, search)
					})
					slices.SortFunc(want, less[sort])
					require.Equal(b.t, ids(want), ids(b.list(q)), "%+v", q)
				}
			}
		}
	}
}

// matches is what the two search terms of filters mean.
func matches(c portal.Contact, search string) bool {
	switch search {
	case "CONTACT 1":
		return len(c.Name) >= 9 && c.Name[:9] == "Contact 1"
	case "9900":
		return (*c.WaID)[:4] == "9900"
	}
	return true
}

// searches puts one conversation per name and searches.
func (b *bench) searches(names map[string]string, want map[string][]string) {
	b.t.Helper()
	n := 0
	for id, name := range names {
		b.acme.contact(id, fmt.Sprintf("55%d", n), name)
		b.acme.conversation(id, id, nil)
		n++
	}
	for term, found := range want {
		got := ids(b.list(store.ConversationQuery{Search: term}))
		slices.Sort(got)
		require.Equal(b.t, found, got, "search %q", term)
	}
}

func searchLiteral(b *bench) {
	b.searches(map[string]string{"percent": "100% Wool", "under": "under_score", "plain": "undermine", "back": `C:\dir`, "quote": "O'Neil", "star": "a*b?c[d]"},
		map[string][]string{
			"%": {"percent"}, "_": {"under"}, "r_s": {"under"}, `\`: {"back"}, `:\d`: {"back"}, "'": {"quote"}, "o'n": {"quote"},
			"*b?": {"star"}, "[d": {"star"}, "under": {"plain", "under"}, "0% W": {"percent"}, "100 %": {}, "4915": {"c1"}, "91": {"c1"}, " ": {"percent"}, "joe 4915": {},
		})
}

func searchAnyCase(b *bench) {
	b.searches(map[string]string{"german": "Jürgen Straße", "greek": "ΟΔΥΣΣΕΥΣ", "turkish": "İSTANBUL Işık", "russian": "Мария", "decomposed": "Rene\u0301e", "emoji": "👩‍👩‍👧 Fam"},
		map[string][]string{
			"JÜRGEN": {"german"}, "jürgen": {"german"}, "STRASSE": {"german"}, "straße": {"german"}, "jurgen": {},
			"οδυσσευς": {"greek"}, "Οδυσσεύς": {}, "istanbul": {"turkish"}, "İstanbul": {"turkish"}, "ışık": {"turkish"}, "IŞIK": {"turkish"},
			"МАРИЯ": {"russian"}, "мария": {"russian"}, "renée": {"decomposed"}, "RENÉE": {"decomposed"}, "👩‍👧": {"emoji"}, "JOE": {"c1"},
		})
}

// searchLongName has a name that no compression makes short enough for a
// database's index.
func searchLongName(b *bench) {
	var name strings.Builder
	for i := range 2_000 {
		fmt.Fprintf(&name, "%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	whole := name.String()
	b.searches(map[string]string{"long": whole + " Miller", "short": "Miller"},
		map[string][]string{"miller": {"long", "short"}, strings.ToUpper(whole[100_000:100_030]): {"long"}, "5": {"c1", "long", "short"}})
	for _, c := range b.list(store.ConversationQuery{Search: " miller"}) {
		require.Equal(b.t, whole+" Miller", c.Contact.Name, "kept whole")
	}
}
