package storetest

import (
	"fmt"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var dashboardCases = []testCase{
	{"STORE-40 states are counted as they are now", stateCounts},
	{"STORE-40 messages of the period are counted", messageCounts},
	{"STORE-41 without a reply there is no average", noAverage},
	{"STORE-41 the average is from a turn's first inbound to its reply", averageResponse},
	{"STORE-41 it equals the definition for any thread", averageByDefinition},
	{"STORE-42 a series has a bucket for every hour or day", series},
}

func (b *bench) metrics(from, to portal.Time) (m store.Metrics) {
	b.t.Helper()
	b.acme.view(func(tx store.ReadTx) {
		var err error
		m, err = tx.Metrics(b.ctx, from, to)
		b.ok(err)
	})
	return m
}

func stateCounts(b *bench) {
	b.many(40) // every third closed, every second assigned
	m := b.metrics(start, start)
	require.Equal(b.t, []int{27, 14, 14}, []int{m.Active, m.Closed, m.Unassigned})
}

// at sets the minute of a message.
func at(minute float64) func(*portal.Message) {
	return func(m *portal.Message) { m.CreatedAt = after(start, time.Duration(minute*float64(time.Minute))) }
}

// later is a day without the planted messages.
func later(b *bench) (from, to portal.Time) {
	return after(start, time.Hour), after(start, 25*time.Hour)
}

func messageCounts(b *bench) {
	from, to := later(b)
	failed := func(m *portal.Message) { at(61)(m); m.Status = portal.StatusFailed }
	b.acme.message("c1", "early", portal.Inbound, at(59.999))
	b.acme.message("c1", "first", portal.Inbound, at(60))
	b.acme.message("c1", "failed", portal.Outbound, failed)
	b.acme.message("c1", "last", portal.Outbound, at(25*60-0.001))
	b.acme.message("c1", "late", portal.Outbound, func(m *portal.Message) { failed(m); at(25 * 60)(m) })
	m := b.metrics(from, to)
	require.Equal(b.t, []int{3, 1}, []int{m.TotalMessages, m.FailedDeliveries})
}

func noAverage(b *bench) {
	from, to := later(b)
	b.acme.message("c1", "in", portal.Inbound, at(61))
	require.Nil(b.t, b.metrics(from, to).AvgResponse)
}

func averageResponse(b *bench) {
	from, to := later(b)
	b.acme.message("c1", "in1", portal.Inbound, at(50)) // before the period: turns count by their reply
	b.acme.message("c1", "in2", portal.Inbound, at(70))
	b.acme.message("c1", "out1", portal.Outbound, at(80))       // 30 min
	b.acme.message("c1", "out2", portal.Outbound, at(90))       // nothing unanswered
	b.acme.message("c1", "in3", portal.Inbound, at(100))        //
	b.acme.message("c1", "out3", portal.Outbound, at(110))      // 10 min
	b.acme.message("c1", "in4", portal.Inbound, at(200))        //
	b.acme.message("c1", "out4", portal.Outbound, at(199))      // a clock ahead: 0
	b.acme.message("c1", "in5", portal.Inbound, at(24*60))      //
	b.acme.message("c1", "out5", portal.Outbound, at(25*60+10)) // after the period
	want := 40 * time.Minute / 3
	got := b.metrics(from, to).AvgResponse
	require.NotNil(b.t, got)
	require.InDelta(b.t, want, *got, float64(time.Millisecond))
	b.acme.update(func(tx store.Tx) { // a later status step changes nothing
		m, err := tx.Message(b.ctx, "out1")
		b.ok(err)
		m.Advance(portal.StatusRead, after(start, 20*time.Hour), nil)
		b.ok(tx.PutMessage(b.ctx, m))
	})
	require.InDelta(b.t, want, *b.metrics(from, to).AvgResponse, float64(time.Millisecond))
}

// averageByDefinition compares with the definition spelt out over random
// threads, each in a day of its own.
func averageByDefinition(b *bench) {
	day := 0
	rapid.Check(b.t, func(t *rapid.T) {
		day++
		begin := after(start, time.Duration(day)*24*time.Hour)
		contact := fmt.Sprint("r", day)
		directions := rapid.SliceOfN(rapid.SampledFrom([]portal.Direction{portal.Inbound, portal.Outbound}), 1, 12).Draw(t, "directions")
		conversations := rapid.SliceOfN(rapid.IntRange(0, 1), len(directions), len(directions)).Draw(t, "conversations")
		minutes := rapid.SliceOfN(rapid.IntRange(0, 23*60), len(directions), len(directions)).Draw(t, "minutes")
		var (
			unanswered [2]portal.Time
			sum        time.Duration
			turns      int
		)
		err := b.acme.try(func(tx store.Tx) error {
			for i := range 2 {
				id := fmt.Sprint(contact, "-", i)
				b.ok(tx.PutContact(b.ctx, portal.Contact{ID: id, Name: id}, begin))
				b.ok(tx.PutConversation(b.ctx, &portal.Conversation{ID: id, Contact: portal.Contact{ID: id}, Status: portal.ConversationActive, CreatedAt: begin, LastActivityAt: begin}))
			}
			for i, d := range directions {
				c := conversations[i]
				m := b.acme.draft(fmt.Sprint(contact, "-", c), fmt.Sprint(contact, "/", i), d, b.acme.next(tx))
				m.CreatedAt = after(begin, time.Duration(minutes[i])*time.Minute)
				b.ok(tx.PutMessage(b.ctx, m))
				b.acme.append(tx, m.Seq, portal.MessageNew, m.ConversationID)
				switch {
				case d == portal.Inbound && unanswered[c].IsZero():
					unanswered[c] = m.CreatedAt
				case d == portal.Outbound && !unanswered[c].IsZero():
					sum += max(0, m.CreatedAt.Std().Sub(unanswered[c].Std()))
					turns++
					unanswered[c] = portal.Time{}
				}
			}
			return nil
		})
		require.NoError(t, err)
		got := b.metrics(begin, after(begin, 24*time.Hour)).AvgResponse
		if turns == 0 {
			require.Nil(t, got)
			return
		}
		require.NotNil(t, got)
		require.InDelta(t, sum/time.Duration(turns), *got, float64(time.Millisecond))
	})
}

func series(b *bench) {
	from := after(start, time.Hour)
	status := func(s portal.MessageStatus, minute float64) func(*portal.Message) {
		return func(m *portal.Message) { m.Status = s; at(minute)(m) }
	}
	b.acme.message("c1", "before", portal.Inbound, at(59.999))
	b.acme.message("c1", "a", portal.Inbound, at(60))
	b.acme.message("c1", "b", portal.Outbound, status(portal.StatusDelivered, 119.999))
	b.acme.message("c1", "c", portal.Outbound, status(portal.StatusRead, 120))
	b.acme.message("c1", "d", portal.Outbound, status(portal.StatusFailed, 121))
	b.acme.message("c1", "e", portal.Outbound, status(portal.StatusSent, 122))
	b.acme.message("c1", "f", portal.Inbound, at(239))
	b.acme.message("c1", "after", portal.Inbound, at(240))
	b.acme.view(func(tx store.ReadTx) {
		got, err := tx.Series(b.ctx, from, time.Hour, 3)
		b.ok(err)
		require.Equal(b.t, []store.Bucket{{Inbound: 1, Outbound: 1, Delivered: 1}, {Outbound: 3, Delivered: 1, Failed: 1}, {Inbound: 1}}, got)
		got, err = tx.Series(b.ctx, after(start, 100*time.Hour), 24*time.Hour, 30)
		b.ok(err)
		require.Equal(b.t, make([]store.Bucket, 30), got)
	})
}
