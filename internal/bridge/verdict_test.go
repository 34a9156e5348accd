package bridge_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/store"
)

// settle lets nothing more fail and waits until all is quiet: the queues are
// empty, and then every reply has come to its end.
func (s *schedule) settle() {
	s.tell("calm")
	s.unlock()
	s.calm.Store(true)
	if s.dead.Load() {
		s.revive()
	}
	s.waitFor("the queues to be empty", func() bool { return s.count(`SELECT COUNT(*) FROM queue_messages`) == 0 })
	for tenant, replies := range s.replies {
		for _, r := range replies {
			m := s.message(tenant, r)
			waits := s.count(`SELECT COUNT(due_at) FROM sends WHERE message_id = ?`, m.ID) == 1
			require.Equal(s.t, m.Status == portal.StatusQueued, waits, "%s is %s: a reply waits for its next attempt, or has come to its end", r.in.Text, m.Status)
		}
	}
	s.provider.tame.Store(true)
	s.tell("the provider is tame")
	s.ahead.Add(int64(store.FarthestSend + time.Hour))
	s.waitFor("every reply to come to its end", func() bool {
		s.ahead.Add(int64(time.Hour)) // what a clock that was ahead put off is up to a day late
		return s.count(`SELECT COUNT(*) FROM sends`) == 0
	})
	s.all.dead.Add(int64(s.count(`SELECT COUNT(*) FROM queue_dead`)))
	s.all.parked.Add(int64(s.count(`SELECT COUNT(*) FROM parked_reports`)))
}

func (s *schedule) waitFor(what string, ok func() bool) {
	s.t.Helper()
	for range 60 {
		time.Sleep(30 * time.Second)
		if ok() {
			return
		}
	}
	require.Fail(s.t, "waited in vain for "+what)
}

// count asks the file itself.
func (s *schedule) count(query string, args ...any) (n int) {
	s.t.Helper()
	require.NoError(s.t, s.db.DB().QueryRowContext(s.t.Context(), query, args...).Scan(&n))
	return n
}

func (s *schedule) message(tenant string, r *wrote) (m *portal.Message) {
	s.t.Helper()
	require.NoError(s.t, s.db.View(s.t.Context(), tenant, func(tx store.ReadTx) (err error) {
		m, err = tx.Message(s.t.Context(), r.id)
		return err
	}))
	return m
}

// judge holds what is there against what was told.
func (s *schedule) judge() {
	s.judgeLetters()
	for _, tenant := range tenants {
		s.judgeLog(tenant)
		s.judgeThreads(tenant)
		s.judgeReplies(tenant)
		s.judgeCalls(tenant)
	}
}

// judgeLetters: poison is dead, each as often as it was published, and nothing
// else is but reports that waited for too long.
func (s *schedule) judgeLetters() {
	t := s.t
	for _, name := range []string{inboundQueue, statusQueue} {
		atLeast, atMost := map[string]int{}, map[string]int{}
		reports := map[string]bool{}
		for _, p := range s.told[name] {
			if !p.poison {
				reports[p.body] = name == statusQueue
				continue
			}
			atLeast[p.body] += p.atLeast
			atMost[p.body] += p.atMost
		}
		letters, err := s.queue.DeadLetters().List(t.Context(), name, 100_000)
		require.NoError(t, err)
		dead := map[string]int{}
		for _, l := range letters {
			require.NotEmpty(t, l.Reason)
			if atMost[string(l.Body)] == 0 {
				require.True(t, reports[string(l.Body)] && s.longest > desk.ParkedFor, "%s: %s is no poison", name, l.Body)
				continue
			}
			dead[string(l.Body)]++
		}
		for body, n := range atLeast {
			require.GreaterOrEqual(t, dead[body], n, "%s: %s", name, body)
			require.LessOrEqual(t, dead[body], atMost[body], "%s: %s", name, body)
		}
	}
}

// judgeLog: the log is gap-free and as it was committed; a status never goes
// back, and neither does the last activity.
func (s *schedule) judgeLog(tenant string) {
	t := s.t
	var log []portal.Event
	require.NoError(t, s.db.View(t.Context(), tenant, func(tx store.ReadTx) (err error) {
		log, err = tx.Events(t.Context(), 0, 1_000_000)
		return err
	}))
	s.mu.Lock()
	committed := s.events[tenant]
	s.mu.Unlock()
	require.Len(t, log, len(committed))
	rank := map[portal.MessageStatus]int{portal.StatusSent: 1, portal.StatusFailed: 2, portal.StatusDelivered: 3, portal.StatusRead: 4}
	names := map[string]*string{}
	ranks, activity := map[string]int{}, map[string]portal.Time{}
	last := map[string]*portal.Conversation{}
	for i, e := range log {
		require.EqualValues(t, i+1, e.Seq, "gap-free")
		require.Equal(t, string(e.Body), string(committed[i].Body), "in the order of the commits")
		switch e.Type {
		case portal.MessageDelivered:
			var body portal.MessageDeliveredBody
			require.NoError(t, json.Unmarshal(e.Body, &body))
			require.Greater(t, rank[body.Status], ranks[body.MessageID], "a status never goes back")
			ranks[body.MessageID] = rank[body.Status]
			require.Contains(t, []*string{nil, body.WAMID}, names[body.MessageID], "a message keeps its name")
			names[body.MessageID] = body.WAMID
		case portal.ConversationNew, portal.ConversationUpdated, portal.ConversationAssigned:
			var body portal.ConversationNewBody
			require.NoError(t, json.Unmarshal(e.Body, &body))
			id := body.Conversation.ID
			require.False(t, body.Conversation.LastActivityAt.Before(activity[id]), "the last activity never goes back")
			last[id], activity[id] = body.Conversation, body.Conversation.LastActivityAt
		}
	}
	for id, told := range last {
		is, _, err := s.desk.Conversation(t.Context(), agentOf(tenant), id)
		require.NoError(t, err)
		require.Equal(t, asJSON(t, is), asJSON(t, told), "the last event says what the rows say")
	}
}

// judgeThreads: every message of a customer is there once, in its contact's order,
// and so is every reply.
func (s *schedule) judgeThreads(tenant string) {
	t := s.t
	heard, replied, counts := map[string][]string{}, map[string]int{}, map[string]int{}
	s.mu.Lock()
	log := s.events[tenant]
	s.mu.Unlock()
	for _, e := range log {
		if e.Type != portal.MessageNew {
			continue
		}
		var body portal.MessageNewBody
		require.NoError(t, json.Unmarshal(e.Body, &body))
		m := body.Message
		counts[m.ConversationID]++
		if m.Direction == portal.Outbound {
			replied[*m.ClientID+" in "+m.ConversationID]++
			continue
		}
		conv, _, err := s.desk.Conversation(t.Context(), agentOf(tenant), m.ConversationID)
		require.NoError(t, err)
		heard[*conv.Contact.WaID] = append(heard[*conv.Contact.WaID], *m.WAMID)
	}
	due := map[string][]string{}
	for _, in := range s.texts[tenant] {
		due[in.waID] = append(due[in.waID], in.wamid)
	}
	require.Equal(t, due, heard, "every message once, in its contact's order")
	require.Len(t, replied, len(s.replies[tenant]))
	for name, n := range replied {
		require.Equal(t, 1, n, "a reply sent twice is one: %s", name)
	}
	for id, n := range counts {
		conv, _, err := s.desk.Conversation(t.Context(), agentOf(tenant), id)
		require.NoError(t, err)
		require.Equal(t, n, conv.MessageCount)
	}
}

// judgeReplies: every reply is where its answers and reports have brought it.
func (s *schedule) judgeReplies(tenant string) {
	t := s.t
	reports := map[string]map[portal.MessageStatus]bool{}
	for _, p := range s.told[statusQueue] {
		if p.tenant != tenant {
			continue
		}
		if reports[p.wamid] == nil {
			reports[p.wamid] = map[portal.MessageStatus]bool{}
		}
		reports[p.wamid][p.status] = true
	}
	for _, r := range s.replies[tenant] {
		m := s.message(tenant, r)
		calls := s.provider.times[m.Text]
		require.GreaterOrEqual(t, m.Attempts, calls, "attempts tells of every call for %s", m.Text)
		if m.WAMID == nil {
			require.Equal(t, portal.StatusFailed, m.Status, "%s, which has no name", m.Text)
			require.NotNil(t, m.Error)
			continue
		}
		told := reports[*m.WAMID]
		want := portal.StatusSent
		for _, step := range []portal.MessageStatus{portal.StatusFailed, portal.StatusDelivered, portal.StatusRead} {
			if told[step] {
				want = step
			}
		}
		if s.longest > desk.ParkedFor && m.Status != want {
			continue // its reports may have waited for too long
		}
		require.Equal(t, want, m.Status, "%s, which is %s", m.Text, *m.WAMID)
		require.Zero(t, s.count(`SELECT COUNT(*) FROM parked_reports WHERE tenant_id = ? AND wamid = ?`, tenant, *m.WAMID), "no report of a known message is left")
	}
}

// judgeCalls: nothing is called for again once an answer has come, unless whoever
// heard it is gone; and the messages of one contact go out in their order.
func (s *schedule) judgeCalls(tenant string) {
	t := s.t
	place := map[string]int64{}
	for _, r := range s.replies[tenant] {
		m := s.message(tenant, r)
		place[m.Text] = m.Seq
	}
	answered, latest := map[string]int{}, map[string]int64{}
	for _, c := range s.provider.all() {
		if c.tenant != tenant {
			continue
		}
		if by := answered[c.text]; by != 0 {
			require.NotEqual(t, by, c.sender, "%q was answered, and called for again", c.text)
		}
		if c.told {
			answered[c.text] = c.sender
		}
		require.GreaterOrEqual(t, place[c.text], latest[c.to], fmt.Sprintf("%q goes out behind what came later", c.text))
		latest[c.to] = place[c.text]
	}
}
