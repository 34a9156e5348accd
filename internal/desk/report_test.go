package desk_test

import (
	"strings"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

func TestReports(t *testing.T) {
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	t.Run("DESK-11 each forward step is one event", func(t *testing.T) {
		b := newBench(t)
		m := b.sent(b.begin("111").ID, "w1")
		require.Equal(t, []string{"message:delivered delivered", "conversation:updated message"}, names(b.report("w1", portal.StatusDelivered, at(5))))
		b.changesNothing(func() { b.report("w1", portal.StatusDelivered, at(6)) })
		events := b.report("w1", portal.StatusRead, at(9))
		step := body[portal.MessageDeliveredBody](t, events[0])
		require.Equal(t, portal.MessageDeliveredBody{Seq: events[0].Seq, ConversationID: m.ConversationID, MessageID: m.ID, ClientID: m.ClientID,
			Status: portal.StatusRead, At: portal.At(at(9)), WAMID: m.WAMID}, step)
		b.changesNothing(func() { b.report("w1", portal.StatusDelivered, at(20)) })
		b.changesNothing(func() { b.report("w1", portal.StatusSent, at(20)) })
		m = b.message(m.ID)
		require.Equal(t, []portal.Time{portal.At(start), portal.At(at(5)), portal.At(at(9))}, []portal.Time{m.SentAt, m.DeliveredAt, m.ReadAt})
		require.Equal(t, events[0].Seq, m.Version)
	})
	t.Run("DESK-11 skipped steps get the time of the step reached", func(t *testing.T) {
		b := newBench(t)
		m := b.sent(b.begin("111").ID, "w1")
		require.Equal(t, []string{"message:delivered read", "conversation:updated message"}, names(b.report("w1", portal.StatusRead, at(9))))
		m = b.message(m.ID)
		require.Equal(t, portal.At(at(9)), m.DeliveredAt)
		require.Equal(t, portal.At(at(9)), m.ReadAt)
	})
	t.Run("DESK-11 a report for an inbound message changes nothing", func(t *testing.T) {
		b := newBench(t)
		b.begin("111")
		b.changesNothing(func() { b.report("wamid.first.111", portal.StatusRead, at(1)) })
	})
	t.Run("DESK-12 failed, and what shows that it arrived after all", func(t *testing.T) {
		b := newBench(t)
		m := b.sent(b.begin("111").ID, "w1")
		reason := &portal.MessageError{Code: "131047", Message: "Re-engagement message"}
		errs := b.Report(t.Context(), "acme", []desk.Report{{WAMID: "w1", Status: portal.StatusFailed, At: portal.At(at(3)), Error: reason}})
		require.Equal(t, []error{nil}, errs)
		require.Equal(t, reason, b.message(m.ID).Error)
		require.Equal(t, reason, b.conversation(m.ConversationID).LastMessage.Error)
		b.changesNothing(func() { b.report("w1", portal.StatusSent, at(4)) })
		events := b.report("w1", portal.StatusDelivered, at(5))
		require.Equal(t, []string{"message:delivered delivered", "conversation:updated message"}, names(events))
		require.NotContains(t, string(events[0].Body), `"error"`)
		require.Nil(t, b.message(m.ID).Error)
		require.Nil(t, b.conversation(m.ConversationID).LastMessage.Error)
		b.changesNothing(func() { b.report("w1", portal.StatusFailed, at(6)) })
	})
	t.Run("DESK-12 a failure without a reason has one all the same", func(t *testing.T) {
		b := newBench(t)
		m := b.sent(b.begin("111").ID, "w1")
		b.report("w1", portal.StatusFailed, at(3))
		require.NotNil(t, b.message(m.ID).Error)
	})
	t.Run("DESK-13 only the last message moves its conversation", func(t *testing.T) {
		b := newBench(t)
		conv := b.begin("111")
		b.sent(conv.ID, "w1")
		b.sent(conv.ID, "w2")
		version := b.conversation(conv.ID).Version
		require.Equal(t, []string{"message:delivered read"}, names(b.report("w1", portal.StatusRead, at(1))))
		require.Equal(t, version, b.conversation(conv.ID).Version)
		events := b.report("w2", portal.StatusDelivered, at(2))
		require.Equal(t, []string{"message:delivered delivered", "conversation:updated message"}, names(events))
		require.Equal(t, portal.StatusDelivered, b.conversation(conv.ID).LastMessage.Status)
		require.Equal(t, events[1].Seq, b.conversation(conv.ID).Version)
	})
}

func TestParkedReports(t *testing.T) {
	t.Run("DESK-14 early reports are applied, in forward order, when the wamid is known", func(t *testing.T) {
		b := newBench(t)
		m := b.reply(b.begin("111").ID, "c1")
		b.changesNothing(func() {
			b.report("w1", portal.StatusRead, start.Add(9*time.Second))
			b.report("w1", portal.StatusDelivered, start.Add(5*time.Second))
			b.report("w1", portal.StatusRead, start.Add(10*time.Second))
			b.report("w1", portal.StatusSent, start.Add(4*time.Second))
		})
		before, updates := b.seq(), b.faults.updates
		require.NoError(t, b.SendAccepted(t.Context(), "acme", m.ID, "w1", start.Add(time.Second)))
		require.Equal(t, updates+1, b.faults.updates, "one transaction")
		require.Equal(t, []string{"message:delivered sent", "conversation:updated message", "message:delivered delivered",
			"conversation:updated message", "message:delivered read", "conversation:updated message"}, names(b.events("acme", before)))
		m = b.message(m.ID)
		require.Equal(t, portal.At(start.Add(time.Second)), m.SentAt)
		require.Equal(t, portal.At(start.Add(5*time.Second)), m.DeliveredAt)
		require.Equal(t, portal.At(start.Add(9*time.Second)), m.ReadAt)
		b.now = start.Add(8 * 24 * time.Hour)
		left, err := b.ExpiredReports(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, left)
	})
	t.Run("DESK-14 an early failure gives way to what shows that it arrived", func(t *testing.T) {
		b := newBench(t)
		m := b.reply(b.begin("111").ID, "c1")
		failed := desk.Report{WAMID: "w1", Status: portal.StatusFailed, At: portal.At(start.Add(6 * time.Second)), Error: &portal.MessageError{Code: "131026"}}
		b.changesNothing(func() {
			b.report("w1", portal.StatusDelivered, start.Add(5*time.Second))
			require.Equal(t, []error{nil}, b.Report(t.Context(), "acme", []desk.Report{failed}))
		})
		before := b.seq()
		require.NoError(t, b.SendAccepted(t.Context(), "acme", m.ID, "w1", start.Add(time.Second)))
		require.Equal(t, []string{"message:delivered sent", "conversation:updated message", "message:delivered failed",
			"conversation:updated message", "message:delivered delivered", "conversation:updated message"}, names(b.events("acme", before)))
		m = b.message(m.ID)
		require.Equal(t, portal.StatusDelivered, m.Status)
		require.Nil(t, m.Error)
		require.Nil(t, b.conversation(m.ConversationID).LastMessage.Error)
	})
	t.Run("DESK-14 another tenant's reports are another message's", func(t *testing.T) {
		b := newBench(t)
		errs := b.Report(t.Context(), "globex", []desk.Report{{WAMID: "w1", Status: portal.StatusRead, At: portal.At(start)}})
		require.Equal(t, []error{nil}, errs)
		m := b.sent(b.begin("111").ID, "w1")
		require.Equal(t, portal.StatusSent, m.Status)
	})
	t.Run("DESK-15 after 7 days they are expired", func(t *testing.T) {
		b := newBench(t)
		errs := b.Report(t.Context(), "acme", []desk.Report{{WAMID: "lost", Status: portal.StatusRead, At: portal.At(start), Queue: "Q", Body: []byte("as it came")}})
		require.Equal(t, []error{nil}, errs)
		b.now = start.AddDate(0, 0, 7)
		expired, err := b.ExpiredReports(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, expired)
		b.now = b.now.Add(time.Millisecond)
		expired, err = b.ExpiredReports(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, expired, 1)
		require.Equal(t, "Q", expired[0].Report.Queue)
		require.Equal(t, "as it came", string(expired[0].Report.Body))
		require.NoError(t, b.DropReport(t.Context(), expired[0].ID))
		expired, err = b.ExpiredReports(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, expired)
	})
}

func TestSends(t *testing.T) {
	claim := func(b *bench) []store.Send {
		sends, err := b.ClaimSends(t.Context(), time.Minute, 10)
		require.NoError(t, err)
		return sends
	}
	t.Run("DESK-31 accepted", func(t *testing.T) {
		b := newBench(t)
		m := b.reply(b.begin("111").ID, "c1")
		sends := claim(b)
		require.Len(t, sends, 1)
		require.Equal(t, "access-token-of-acme", sends[0].Channel.AccessToken)
		require.Equal(t, "111", sends[0].WaID)
		before := b.seq()
		require.NoError(t, b.SendAccepted(t.Context(), "acme", m.ID, "w1", b.now))
		require.Equal(t, []string{"message:delivered sent", "conversation:updated message"}, names(b.events("acme", before)))
		m = b.message(m.ID)
		require.Equal(t, "w1", *m.WAMID)
		require.Equal(t, 1, m.Attempts)
		b.changesNothing(func() { require.NoError(t, b.SendAccepted(t.Context(), "acme", m.ID, "w1", b.now)) })
		b.now = b.now.Add(time.Hour)
		require.Empty(t, claim(b))
	})
	t.Run("DESK-31 rejected", func(t *testing.T) {
		b := newBench(t)
		m := b.reply(b.begin("111").ID, "c1")
		claim(b)
		reason := portal.MessageError{Code: "131026", Message: "undeliverable"}
		before := b.seq()
		require.NoError(t, b.SendRejected(t.Context(), "acme", m.ID, reason, b.now))
		require.Equal(t, []string{"message:delivered failed", "conversation:updated message"}, names(b.events("acme", before)))
		require.Equal(t, &reason, b.message(m.ID).Error)
		b.changesNothing(func() { require.NoError(t, b.SendRejected(t.Context(), "acme", m.ID, reason, b.now)) })
		b.now = b.now.Add(time.Hour)
		require.Empty(t, claim(b))
	})
	t.Run("DESK-31 later", func(t *testing.T) {
		b := newBench(t)
		m := b.reply(b.begin("111").ID, "c1")
		claim(b)
		require.NoError(t, b.SendLater(t.Context(), "acme", m.ID, b.now.Add(time.Second)))
		require.Empty(t, claim(b))
		b.now = b.now.Add(time.Second)
		require.Equal(t, 2, claim(b)[0].Attempts)
	})
	t.Run("DESK-31 another tenant's message doesn't exist", func(t *testing.T) {
		b := newBench(t)
		m := b.reply(b.begin("111").ID, "c1")
		require.Equal(t, portal.NotFound, code(b.SendAccepted(t.Context(), "globex", m.ID, "w1", b.now)))
		require.Equal(t, portal.NotFound, code(b.SendRejected(t.Context(), "globex", m.ID, portal.MessageError{}, b.now)))
	})
	t.Run("DESK-32 a wamid that another message has stays with it", func(t *testing.T) {
		b := newBench(t)
		conv := b.begin("111")
		first, second := b.sent(conv.ID, "w1"), b.reply(conv.ID, "c2")
		require.NoError(t, b.SendAccepted(t.Context(), "acme", second.ID, "w1", b.now))
		second = b.message(second.ID)
		require.Equal(t, "w1", *first.WAMID)
		require.Nil(t, second.WAMID)
		require.Equal(t, portal.StatusSent, second.Status)
		b.report("w1", portal.StatusRead, b.now)
		require.Equal(t, portal.StatusRead, b.message(first.ID).Status)
		require.Equal(t, portal.StatusSent, b.message(second.ID).Status)

		third := b.reply(conv.ID, "c3")
		require.NoError(t, b.SendAccepted(t.Context(), "acme", third.ID, strings.Repeat("w", 1025), b.now))
		third = b.message(third.ID)
		require.Nil(t, third.WAMID)
		require.Equal(t, portal.StatusSent, third.Status)
	})
}
