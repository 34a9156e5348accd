package desk_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/stretchr/testify/require"
)

// numbersOf tells a page in short: the contacts' numbers.
func numbersOf(list []*portal.Conversation) []string {
	var numbers []string
	for _, c := range list {
		numbers = append(numbers, *c.Contact.WaID)
	}
	return numbers
}

func TestConversations(t *testing.T) {
	b := newBench(t)
	// 111 is oldest and most lately active, 222 most unread and Ann's, 333 closed.
	for i, waID := range []string{"111", "222", "333"} {
		b.now = start.Add(time.Duration(i) * time.Minute)
		b.begin(waID)
	}
	b.now = start.Add(10 * time.Minute)
	b.receive(named(text("w4", "222", "x"), "Zoë 100% Straße"), text("w5", "222", "x"))
	b.now = start.Add(20 * time.Minute)
	b.receive(text("w6", "111", "x"))
	find := func(waID string) string {
		page, err := b.Conversations(t.Context(), ann, desk.ListInput{Search: waID})
		require.NoError(t, err)
		require.Len(t, page.Conversations, 1)
		return page.Conversations[0].ID
	}
	annID := "ann"
	_, err := b.Assign(t.Context(), ann, find("222"), &annID)
	require.NoError(t, err)
	_, err = b.SetStatus(t.Context(), ann, find("333"), portal.ConversationClosed)
	require.NoError(t, err)

	for name, c := range map[string]struct {
		in   desk.ListInput
		want []string
	}{
		"all, by last activity": {desk.ListInput{}, []string{"111", "222", "333"}},
		"by creation":           {desk.ListInput{Sort: "createdAt"}, []string{"333", "222", "111"}},
		"by unread":             {desk.ListInput{Sort: "unread"}, []string{"222", "111", "333"}},
		"active":                {desk.ListInput{Status: "active"}, []string{"111", "222"}},
		"closed":                {desk.ListInput{Status: "closed"}, []string{"333"}},
		"mine":                  {desk.ListInput{Assignee: "me"}, []string{"222"}},
		"Ann's":                 {desk.ListInput{Assignee: "ann"}, []string{"222"}},
		"Ben's":                 {desk.ListInput{Assignee: "ben"}, nil},
		"unassigned":            {desk.ListInput{Assignee: "unassigned"}, []string{"111", "333"}},
		"name, any case":        {desk.ListInput{Search: "zOË"}, []string{"222"}},
		"literally":             {desk.ListInput{Search: "100%"}, []string{"222"}},
		"no wildcard":           {desk.ListInput{Search: "1%1"}, nil},
		"part of a number":      {desk.ListInput{Search: "33"}, []string{"333"}},
		"nothing":               {desk.ListInput{Search: "a\x00b"}, nil},
	} {
		t.Run("DESK-26 "+name, func(t *testing.T) {
			page, err := b.Conversations(t.Context(), ann, c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, numbersOf(page.Conversations))
			require.NotNil(t, page.Conversations)
			require.Nil(t, page.NextCursor)
			require.Equal(t, 6, page.UnreadTotal)
			require.Equal(t, b.seq(), page.Seq)
		})
	}
	t.Run("DESK-26 viewers see all, other tenants nothing of it", func(t *testing.T) {
		page, err := b.Conversations(t.Context(), vic, desk.ListInput{})
		require.NoError(t, err)
		require.Len(t, page.Conversations, 3)
		page, err = b.Conversations(t.Context(), olga, desk.ListInput{})
		require.NoError(t, err)
		require.Len(t, page.Conversations, 1)
		require.Equal(t, 1, page.UnreadTotal)
	})
	for _, sort := range []string{"", "lastActivity", "createdAt", "unread"} {
		t.Run("DESK-26 pages by "+sort, func(t *testing.T) {
			whole, err := b.Conversations(t.Context(), ann, desk.ListInput{Sort: sort})
			require.NoError(t, err)
			var paged []*portal.Conversation
			in := desk.ListInput{Sort: sort, Limit: 1}
			for {
				page, err := b.Conversations(t.Context(), ann, in)
				require.NoError(t, err)
				paged = append(paged, page.Conversations...)
				if page.NextCursor == nil {
					break
				}
				in.Cursor = *page.NextCursor
			}
			require.Equal(t, whole.Conversations, paged)
		})
	}
	t.Run("DESK-27 what can't be is invalid", func(t *testing.T) {
		first, err := b.Conversations(t.Context(), ann, desk.ListInput{Limit: 1})
		require.NoError(t, err)
		for _, in := range []desk.ListInput{{Status: "open"}, {Sort: "name"}, {Limit: -1}, {Limit: 201}, {Cursor: "x"}, {Cursor: "e30"}, {Sort: "unread", Cursor: *first.NextCursor}} {
			_, err := b.Conversations(t.Context(), ann, in)
			require.Equal(t, portal.Invalid, code(err), "%+v", in)
		}
		_, err = b.Conversations(t.Context(), olga, desk.ListInput{Cursor: *first.NextCursor})
		require.Equal(t, portal.Invalid, code(err), "another tenant's")
		for _, changed := range changes(*first.NextCursor) {
			_, err := b.Conversations(t.Context(), ann, desk.ListInput{Cursor: changed})
			require.Equal(t, portal.Invalid, code(err), changed)
		}
	})
}

// changes are all texts that differ from a cursor in one character, or are longer or shorter by one.
func changes(cursor string) []string {
	all := []string{cursor[1:], cursor[:len(cursor)-1], cursor + "A", "A" + cursor}
	for i, c := range cursor {
		other := "A"
		if c == 'A' {
			other = "B"
		}
		all = append(all, cursor[:i]+other+cursor[i+1:])
	}
	return all
}

func TestMessages(t *testing.T) {
	b := newBench(t)
	conv := b.begin("111")
	var batch []desk.Inbound
	for i := range 60 {
		batch = append(batch, text("w"+strconv.Itoa(i), "111", "text "+strconv.Itoa(i)))
	}
	b.receive(batch...)
	t.Run("DESK-27 the default page and the limits", func(t *testing.T) {
		page, err := b.Messages(t.Context(), ann, conv.ID, "", 0)
		require.NoError(t, err)
		require.Len(t, page.Messages, 50)
		require.Equal(t, "text 59", page.Messages[49].Text)
		require.Equal(t, b.seq(), page.Seq)
		for _, c := range []struct {
			before string
			limit  int
		}{{"x", 0}, {"-1", 0}, {"0", 0}, {"1.5", 0}, {"", -1}, {"", 201}, {"17", 0}} {
			_, err := b.Messages(t.Context(), ann, conv.ID, c.before, c.limit)
			require.Equal(t, portal.Invalid, code(err), "%+v", c)
		}
		for _, changed := range changes(*page.NextCursor) {
			_, err := b.Messages(t.Context(), ann, conv.ID, changed, 0)
			require.Equal(t, portal.Invalid, code(err), changed)
		}
		other := b.begin("222")
		_, err = b.Messages(t.Context(), ann, other.ID, *page.NextCursor, 0)
		require.Equal(t, portal.Invalid, code(err), "another thread's")
	})
	t.Run("DESK-28 pages lead back to the beginning", func(t *testing.T) {
		var thread []*portal.Message
		before, pages := "", 0
		for {
			page, err := b.Messages(t.Context(), ann, conv.ID, before, 25)
			require.NoError(t, err)
			thread = append(page.Messages, thread...)
			pages++
			if page.NextCursor == nil {
				break
			}
			before = *page.NextCursor
		}
		require.Equal(t, 3, pages)
		require.Len(t, thread, 61)
		for i, m := range thread[1:] {
			require.Equal(t, "text "+strconv.Itoa(i), m.Text)
			require.Greater(t, m.Seq, thread[i].Seq)
		}
	})
}

func TestDashboard(t *testing.T) {
	b := newBench(t)
	t.Run("DESK-29 no data", func(t *testing.T) {
		m, err := b.Metrics(t.Context(), ann)
		require.NoError(t, err)
		require.Equal(t, desk.MetricsResult{PeriodStart: portal.At(start.Truncate(24 * time.Hour)), PeriodEnd: portal.At(start.Truncate(24 * time.Hour).Add(24 * time.Hour))}, m)
	})
	first := b.begin("111") // written an hour before start
	b.reply(first.ID, "c1")
	yesterday := text("w2", "222", "yesterday's")
	yesterday.At = portal.At(start.Add(-24 * time.Hour))
	b.receive(yesterday)
	failing := b.sent(first.ID, "w3")
	b.report("w3", portal.StatusFailed, start)
	b.sent(first.ID, "w4")
	b.report("w4", portal.StatusRead, start)
	list, err := b.Conversations(t.Context(), ann, desk.ListInput{Search: "222"})
	require.NoError(t, err)
	_, err = b.SetStatus(t.Context(), ann, list.Conversations[0].ID, portal.ConversationClosed)
	require.NoError(t, err)
	require.Equal(t, first.ID, failing.ConversationID)
	t.Run("DESK-29 figures", func(t *testing.T) {
		m, err := b.Metrics(t.Context(), vic)
		require.NoError(t, err)
		require.Equal(t, []int{1, 1, 1, 4, 1}, []int{m.ActiveConversations, m.ClosedConversations, m.UnassignedConversations, m.TotalMessages, m.FailedDeliveries})
		require.InDelta(t, 3600, *m.AvgResponseTimeSeconds, 0.001)
		require.Equal(t, b.seq(), m.Seq)
	})
	t.Run("DESK-30 series", func(t *testing.T) {
		for period, want := range map[string]struct {
			n           int
			first, last string
			inbound     int
		}{
			"24h": {24, "2025-12-31T13:00:00.000Z", "2026-01-01T12:00:00.000Z", 1},
			"7d":  {7, "2025-12-26T00:00:00.000Z", "2026-01-01T00:00:00.000Z", 2},
			"30d": {30, "2025-12-03T00:00:00.000Z", "2026-01-01T00:00:00.000Z", 2},
		} {
			volume, err := b.MessageVolume(t.Context(), ann, period)
			require.NoError(t, err)
			require.Len(t, volume.Labels, want.n)
			require.Equal(t, want.first, volume.Labels[0])
			require.Equal(t, want.last, volume.Labels[want.n-1])
			require.Equal(t, want.inbound, sum(volume.Inbound))
			require.Equal(t, 3, volume.Outbound[want.n-1])
			stats, err := b.DeliveryStats(t.Context(), ann, period)
			require.NoError(t, err)
			require.Equal(t, volume.Labels, stats.Labels)
			require.Equal(t, 1, stats.Delivered[want.n-1])
			require.Equal(t, 1, sum(stats.Failed))
		}
		for _, period := range []string{"", "1h", "24H", "31d"} {
			_, err := b.MessageVolume(t.Context(), ann, period)
			require.Equal(t, portal.Invalid, code(err))
			_, err = b.DeliveryStats(t.Context(), ann, period)
			require.Equal(t, portal.Invalid, code(err))
		}
	})
}

func sum(list []int) (total int) {
	for _, n := range list {
		total += n
	}
	return total
}
