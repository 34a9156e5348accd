package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

func TestClockJumps(t *testing.T) {
	t.Run("FAULT-13 through jumps of the clock the log goes on, what is queued goes out, what is parked is applied or told", func(t *testing.T) {
		b := newBench(t)
		conversation := b.begin("111").ID
		last := b.now
		first := b.seq()
		claimed := func() (ids []string) {
			sends, err := b.ClaimSends(t.Context(), time.Minute, 10)
			require.NoError(t, err)
			for _, s := range sends {
				ids = append(ids, s.MessageID)
			}
			return ids
		}
		for _, jump := range []time.Duration{48 * time.Hour, -72 * time.Hour, 10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
			// A reply whose call is under way when the clock jumps, and a report that comes too early.
			m := b.reply(conversation, "before "+jump.String())
			require.Equal(t, []string{m.ID}, claimed())
			wamid := "wamid " + jump.String()
			require.Equal(t, []error{nil}, b.Report(t.Context(), "acme", []desk.Report{{WAMID: wamid, Status: portal.StatusDelivered, At: portal.At(b.now), Queue: "Q", Body: []byte("{}")}}))

			b.now = b.now.Add(jump)
			require.NoError(t, b.SendLater(t.Context(), "acme", m.ID, b.now.Add(-jump).Add(time.Second))) // by the clock as it was
			b.now = b.now.Add(2 * time.Second)
			require.Equal(t, []string{m.ID}, claimed(), "after a jump of %s", jump)
			require.NoError(t, b.SendAccepted(t.Context(), "acme", m.ID, wamid, b.now))
			require.Equal(t, portal.StatusDelivered, b.message(m.ID).Status, "the report that was parked is applied")

			now := b.conversation(conversation).LastActivityAt.Std()
			require.False(t, now.Before(last), "activity never goes back")
			last = now
		}
		for i, e := range b.events("acme", first) {
			require.Equal(t, first+1+int64(i), e.Seq, "no gap")
		}

		require.Equal(t, []error{nil}, b.Report(t.Context(), "acme", []desk.Report{{WAMID: "never", Status: portal.StatusRead, At: portal.At(b.now), Queue: "Q", Body: []byte("as it came")}}))
		b.now = b.now.Add(30 * 24 * time.Hour)
		expired, err := b.ExpiredReports(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, expired, 1, "a jump over its week makes it a dead letter, whole")
		require.Equal(t, "as it came", string(expired[0].Report.Body))
		b.now = b.now.Add(-60 * 24 * time.Hour)
		expired, err = b.ExpiredReports(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, expired, "a jump back keeps it for longer")
	})
}
