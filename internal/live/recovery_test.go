package live_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRecovery(t *testing.T) {
	b := newBench(t)
	tokens := b.signIn("ann@acme.test")
	id := b.receive("acme", "4915") // 1, 2
	join := func(p *peer, body map[string]any) ack {
		t.Helper()
		body["conversationId"] = id
		a, _ := p.call("conversation:join", body)
		require.True(t, a.OK, a)
		return a
	}

	t.Run("LIVE-10 what was missed, in order, before session:ready", func(t *testing.T) {
		p := b.online(tokens.Access)
		join(p, map[string]any{})
		p.drop()
		b.receive("acme", "4915") // 3, 4
		p, recovered, events := b.again(p, tokens.Access)
		require.True(t, recovered)
		require.Equal(t, []string{"message:new", "conversation:updated", "session:ready"}, names(events))
		require.Equal(t, []int64{3, 4, 4}, seqs(events))
		b.receive("acme", "4915") // 5, 6: live again, in its room
		require.Equal(t, []int64{5, 6}, seqs(p.until("conversation:updated")))
	})
	t.Run("LIVE-11 offsets: none, older than the session, ahead, of another log", func(t *testing.T) {
		p := b.online(tokens.Access)
		p.drop()
		epoch, _, _ := strings.Cut(p.offset, ".")
		b.receive("acme", "4915") // 7, 8
		otherTenants := epoch[:strings.LastIndex(epoch, "-")] + "-another.999"
		for _, offset := range []string{"", epoch + ".1", otherTenants} {
			p.offset = offset
			q, recovered, events := b.again(p, tokens.Access)
			require.True(t, recovered)
			require.Equal(t, []int64{8, 8}, seqs(events), "one event and session:ready: not in the room")
			q.drop()
		}
		for _, offset := range []string{epoch + ".999", "other.6", "nonsense", epoch + ".-1"} {
			p.offset = offset
			_, recovered, events := b.again(p, tokens.Access)
			require.False(t, recovered, offset)
			require.Len(t, events, 1)
		}
	})
	t.Run("LIVE-12 a since join counts from its own position", func(t *testing.T) {
		p := b.online(tokens.Access)
		join(p, map[string]any{})
		offset := p.offset
		b.receive("acme", "4915")
		join(p, map[string]any{"since": 0})
		p.offset = offset // the last event with an offset didn't arrive
		p.drop()
		_, recovered, events := b.again(p, tokens.Access)
		require.True(t, recovered)
		require.NotContains(t, names(events), "message:new")
	})
	t.Run("LIVE-13 nobody else's token recovers it", func(t *testing.T) {
		p := b.online(tokens.Access)
		p.drop()
		for _, email := range []string{"ann@acme.test", "ben@acme.test", "olga@globex.test"} {
			_, recovered, _ := b.again(p, b.signIn(email).Access)
			require.False(t, recovered, email)
		}
		_, recovered, _ := b.again(p, tokens.Access)
		require.True(t, recovered)
	})
	t.Run("LIVE-14 the client's own disconnect ends it", func(t *testing.T) {
		p := b.online(tokens.Access)
		ask := `40{"token":"` + tokens.Access + `","pid":"` + p.pid + `","offset":"` + p.offset + `"}`
		p.post("41", ask)
		answer, ok := p.next()
		require.True(t, ok)
		require.NotContains(t, answer, p.pid)
	})
	t.Run("LIVE-15 sign-out ends the socket and its recovery", func(t *testing.T) {
		mine := b.signIn("ann@acme.test")
		p := b.online(mine.Access)
		require.NoError(t, b.auth.SignOut(t.Context(), mine.Refresh))
		require.Equal(t, "1", p.event().Packet)
		_, recovered, _ := b.again(p, tokens.Access)
		require.False(t, recovered)
	})
	t.Run("LIVE-16 a half-open predecessor is closed", func(t *testing.T) {
		p := b.online(tokens.Access)
		q, recovered, _ := b.again(p, tokens.Access)
		require.True(t, recovered)
		require.Equal(t, "closed", p.event().Packet)
		a, _ := q.call("session:ping", nil)
		require.True(t, a.OK)
	})
	t.Run("LIVE-17 at most MaxMissed events", func(t *testing.T) {
		p := b.online(tokens.Access)
		p.drop()
		for range 10 {
			b.receive("acme", "4915")
		}
		q, recovered, events := b.again(p, tokens.Access)
		require.True(t, recovered)
		require.Len(t, events, 11)
		q.drop()
		b.receive("acme", "4915") // an eleventh, counted from the same offset
		_, recovered, _ = b.again(p, tokens.Access)
		require.False(t, recovered)
		require.EqualValues(t, 1, b.live.Stats().Unrecovered["too many"])
	})
	t.Run("LIVE-18 a log that was trimmed: gone, not recovered", func(t *testing.T) {
		p := b.online(tokens.Access)
		p.drop()
		b.receive("acme", "4915")
		_, err := b.db.TrimEvents(context.Background(), time.Now().Add(time.Hour), 10_000)
		require.NoError(t, err)
		q, recovered, events := b.again(p, tokens.Access)
		require.False(t, recovered)
		// All that was refused above, each by its reason.
		require.Equal(t, map[string]int64{"unknown": 2, "foreign": 3, "position": 4, "trimmed": 1, "too many": 1}, b.live.Stats().Unrecovered)
		a, _ := q.call("conversation:join", map[string]any{"conversationId": id, "since": 1})
		require.Equal(t, "gone", a.Error.Code)
		require.Equal(t, events[0].Body.Seq, a.Error.Seq)
		typing, _ := q.call("typing:start", map[string]any{"conversationId": id})
		require.Equal(t, "forbidden", typing.Error.Code, "the room isn't joined")
		join(q, map[string]any{"since": a.Error.Seq})

		a, _ = q.call("conversation:join", map[string]any{"conversationId": id, "since": 1})
		require.Equal(t, "gone", a.Error.Code)
		typing, _ = q.call("typing:start", map[string]any{"conversationId": id})
		require.Equal(t, "forbidden", typing.Error.Code, "the room isn't joined any more")
		q.drop()
		b.receive("acme", "4915")
		r, recovered, events := b.again(q, tokens.Access)
		require.True(t, recovered)
		require.Equal(t, []string{"conversation:updated", "session:ready"}, names(events), "nor after a recovery")
		join(r, map[string]any{"since": a.Error.Seq})
	})
	t.Run("LIVE-19 drain closes the transports; the next process recovers", func(t *testing.T) {
		p := b.online(tokens.Access)
		require.NoError(t, b.live.Shutdown(t.Context(), 0))
		require.Equal(t, "closed", p.event().Packet)
		_, status := dial(t, b.url)
		require.Equal(t, http.StatusServiceUnavailable, status)
		b.receive("acme", "4915")
		b.start()
		_, recovered, events := b.again(p, tokens.Access)
		require.True(t, recovered)
		require.Equal(t, []string{"conversation:updated", "session:ready"}, names(events))
	})
}
