package live_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/store"
)

// schedule is one random life of a tenant.
type schedule struct {
	t      *testing.T
	w      *world
	tenant string
	who    portal.Identity
	dice   *dice

	wamids  []string // of customers' messages, told once at least
	replies []desk.ReplyInput
	where   map[string]string // clientId → conversation
	calls   map[string]int    // message id → how often the provider was called
	viewers []*viewer
}

func newSchedule(t *testing.T, w *world, seed uint64) *schedule {
	t.Helper()
	s := &schedule{t: t, w: w, tenant: fmt.Sprintf("t%d", seed), dice: newDice(seed, 1), where: map[string]string{}, calls: map[string]int{}}
	s.who = portal.Identity{TenantID: s.tenant, UserID: "ann" + s.tenant, SessionID: "s", Name: "Ann", Role: portal.RoleAgent}
	users := []desk.SeedUser{
		{ID: s.who.UserID, Email: "ann@" + s.tenant, Password: "correct horse", Name: "Ann", Role: portal.RoleAgent},
		{ID: "ben" + s.tenant, Email: "ben@" + s.tenant, Password: "correct horse", Name: "Ben", Role: portal.RoleAgent},
	}
	require.NoError(t, w.desk.Seed(t.Context(), desk.Seed{Tenants: []desk.SeedTenant{
		{Tenant: portal.Tenant{ID: s.tenant, Name: s.tenant, WhatsApp: portal.WhatsApp{PhoneNumberID: s.tenant}}, Users: users}}}))
	w.faults.Store(s.tenant, newDice(seed, 2))
	for i := range 3 {
		s.viewers = append(s.viewers, newViewer(s, []string{"websocket", "polling", "upgrade"}[i], fmt.Sprint(s.tenant, " u", i)))
	}
	return s
}

// play does so many things and then holds every view against the log.
func (s *schedule) play(steps int) {
	for range steps {
		s.step()
	}
	s.w.faults.Delete(s.tenant)
	events := s.checkLog()
	for _, v := range s.viewers {
		v.settle(int64(len(events)))
		v.check(events)
		v.agent.hangUp()
	}
	s.checkEffects(events)
	s.w.logs.Delete(s.tenant)
}

func (s *schedule) step() {
	switch n := s.dice.n(100); {
	case n < 22:
		s.receive()
	case n < 32:
		s.reply()
	case n < 40:
		s.send()
	case n < 50:
		s.report()
	case n < 56:
		s.change()
	case n < 57 && s.dice.in(4):
		s.w.restart(s.t, s.dice.n(len(s.w.nodes)))
	case n < 58 && s.dice.in(4):
		s.w.trim(s.t)
	case n < 60:
		s.w.ahead.Add(int64(time.Duration(s.dice.n(60)) * time.Second))
	default:
		s.viewers[s.dice.n(len(s.viewers))].step()
	}
}

// receive takes in a new message, or one that was told before.
func (s *schedule) receive() {
	wamid := fmt.Sprint("w", len(s.wamids))
	if len(s.wamids) > 0 && s.dice.in(5) {
		wamid = s.wamids[s.dice.n(len(s.wamids))]
	} else {
		s.wamids = append(s.wamids, wamid)
	}
	waID := fmt.Sprint("49", len(wamid), wamid[len(wamid)-1]%3)
	in := desk.Inbound{TenantID: s.tenant, WAMID: wamid, WaID: waID, At: portal.At(s.w.now()), Type: portal.TypeText, Text: wamid}
	if s.dice.in(6) {
		in.ContactName = fmt.Sprint("name ", s.dice.n(3))
	}
	until(s.t, func() error { return s.w.desk.Receive(s.t.Context(), s.tenant, []desk.Inbound{in})[0] })
}

// conversation is one of those that there are; "" for none.
func (s *schedule) conversation() string {
	list, err := s.w.desk.Conversations(s.t.Context(), s.who, desk.ListInput{})
	require.NoError(s.t, err)
	if len(list.Conversations) == 0 {
		return ""
	}
	return list.Conversations[s.dice.n(len(list.Conversations))].ID
}

// reply sends something new, or the same again.
func (s *schedule) reply() {
	id := s.conversation()
	in := desk.ReplyInput{ClientID: fmt.Sprint("c", len(s.replies)), Text: fmt.Sprint("reply ", len(s.replies))}
	if len(s.replies) > 0 && s.dice.in(4) {
		in = s.replies[s.dice.n(len(s.replies))]
		id = s.where[in.ClientID]
	}
	if id == "" {
		return
	}
	var err error
	for range 100 {
		_, _, err = s.w.desk.Reply(s.t.Context(), s.who, id, in)
		if portal.CodeOf(err) != portal.Unavailable {
			break
		}
	}
	if portal.CodeOf(err) == portal.Conflict {
		return // closed
	}
	require.NoError(s.t, err)
	if s.where[in.ClientID] == "" {
		s.replies = append(s.replies, in)
		s.where[in.ClientID] = id
	}
}

// send plays the sender and the provider; a claim may be lost in a crash.
func (s *schedule) send() {
	for _, m := range s.claimed() {
		s.calls[m.MessageID]++
		switch s.dice.n(6) {
		case 0: // nothing is known of the call
		case 1:
			require.NoError(s.t, s.w.desk.SendLater(s.t.Context(), s.tenant, m.MessageID, s.w.now()))
		case 2:
			until(s.t, func() error {
				err := s.w.desk.SendRejected(s.t.Context(), s.tenant, m.MessageID, portal.MessageError{Code: "1"}, s.w.now())
				return s.settled(m.MessageID, err)
			})
		default:
			until(s.t, func() error {
				err := s.w.desk.SendAccepted(s.t.Context(), s.tenant, m.MessageID, "s-"+m.MessageID, s.w.now())
				return s.settled(m.MessageID, err)
			})
		}
	}
}

// claimed are this tenant's of all tenants' due sends; the others' claims are as good as lost in a crash.
func (s *schedule) claimed() (mine []store.Send) {
	all, err := s.w.desk.ClaimSends(s.t.Context(), time.Second, 10)
	require.NoError(s.t, err)
	for _, m := range all {
		if m.TenantID == s.tenant {
			mine = append(mine, m)
		}
	}
	return mine
}

// settled takes the second try after a commit whose answer was lost for done.
func (s *schedule) settled(_ string, err error) error {
	if portal.CodeOf(err) == portal.NotFound {
		return nil
	}
	return err
}

// report tells of a reply, perhaps before its name is known, twice, or too late.
func (s *schedule) report() {
	messages := s.messages()
	ids := slices.Sorted(maps.Keys(messages))
	if len(ids) == 0 {
		return
	}
	m := messages[ids[s.dice.n(len(ids))]]
	if m.Direction != portal.Outbound {
		return
	}
	r := desk.Report{WAMID: "s-" + m.ID, At: portal.At(s.w.now()),
		Status: []portal.MessageStatus{portal.StatusSent, portal.StatusDelivered, portal.StatusRead, portal.StatusFailed}[s.dice.n(4)]}
	if r.Status == portal.StatusFailed {
		r.Error = &portal.MessageError{Code: "131026"}
	}
	until(s.t, func() error { return s.w.desk.Report(s.t.Context(), s.tenant, []desk.Report{r})[0] })
}

// change is an agent's doing.
func (s *schedule) change() {
	id := s.conversation()
	if id == "" {
		return
	}
	var err error
	for range 100 {
		switch s.dice.n(5) {
		case 0:
			_, err = s.w.desk.Assign(s.t.Context(), s.who, id, &s.who.UserID)
		case 1:
			_, err = s.w.desk.Assign(s.t.Context(), s.who, id, nil)
		case 2:
			_, err = s.w.desk.SetStatus(s.t.Context(), s.who, id, portal.ConversationClosed)
		case 3:
			_, err = s.w.desk.SetStatus(s.t.Context(), s.who, id, portal.ConversationActive)
		default:
			_, err = s.w.desk.Read(s.t.Context(), s.who, id)
		}
		if code := portal.CodeOf(err); err == nil || code == portal.Conflict {
			return
		}
	}
	require.NoError(s.t, err)
}

// messages are all of the tenant's, as the log tells them.
func (s *schedule) messages() map[string]*portal.Message {
	all := map[string]*portal.Message{}
	for _, e := range s.w.log(s.tenant).all() {
		if e.Type == portal.MessageNew {
			var body portal.MessageNewBody
			require.NoError(s.t, json.Unmarshal(e.Body, &body))
			all[body.Message.ID] = body.Message
		}
	}
	return all
}

// checkLog holds the log against its promise and returns it.
func (s *schedule) checkLog() []portal.Event {
	events := s.w.log(s.tenant).all()
	for i, e := range events {
		require.EqualValues(s.t, i+1, e.Seq, "gap-free, in the order of the commits")
	}
	ranks := map[string]int{}
	rank := map[portal.MessageStatus]int{portal.StatusSent: 1, portal.StatusFailed: 2, portal.StatusDelivered: 3, portal.StatusRead: 4}
	for _, e := range events {
		if e.Type != portal.MessageDelivered {
			continue
		}
		var body portal.MessageDeliveredBody
		require.NoError(s.t, json.Unmarshal(e.Body, &body))
		require.Greater(s.t, rank[body.Status], ranks[body.MessageID], "a status never goes back")
		ranks[body.MessageID] = rank[body.Status]
	}
	return events
}

// checkEffects holds the rows against the log: each cause has one effect, and
// what is read is what the events say.
func (s *schedule) checkEffects(events []portal.Event) {
	wamids, clients := map[string]int{}, map[string]int{}
	last := map[string]*portal.Conversation{}
	for _, e := range events {
		switch e.Type {
		case portal.MessageNew:
			var body portal.MessageNewBody
			require.NoError(s.t, json.Unmarshal(e.Body, &body))
			if body.Message.WAMID != nil {
				wamids[*body.Message.WAMID]++
			}
			if body.Message.ClientID != nil {
				clients[*body.Message.ClientID]++
			}
		case portal.ConversationNew, portal.ConversationUpdated, portal.ConversationAssigned:
			var body portal.ConversationNewBody
			require.NoError(s.t, json.Unmarshal(e.Body, &body))
			last[body.Conversation.ID] = body.Conversation
		}
	}
	require.Len(s.t, wamids, len(s.wamids))
	for _, n := range wamids {
		require.Equal(s.t, 1, n, "a message told twice is one")
	}
	require.Len(s.t, clients, len(s.replies))
	for _, n := range clients {
		require.Equal(s.t, 1, n, "a reply sent twice is one")
	}
	for id, told := range last {
		is, _, err := s.w.desk.Conversation(s.t.Context(), s.who, id)
		require.NoError(s.t, err)
		require.Equal(s.t, asJSON(s.t, is), asJSON(s.t, told), "the last event says what the rows say")
		s.checkAttempts(id)
	}
}

// checkAttempts: whoever may have got a message more than once can be told so.
func (s *schedule) checkAttempts(conversationID string) {
	page, err := s.w.desk.Messages(s.t.Context(), s.who, conversationID, "", 200)
	require.NoError(s.t, err)
	for _, m := range page.Messages {
		require.GreaterOrEqual(s.t, m.Attempts, s.calls[m.ID], "attempts tells of every call")
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}
