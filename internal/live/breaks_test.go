package live_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/live"
	"github.com/agentportal/portal/internal/store"
)

// transports are how an agent may be connected.
var transports = []string{"polling", "websocket", "upgrade"}

// TestBreaks cuts the network after N bytes, for N up to where nothing is left
// to break. Between two breaks things happen, so that there is always something
// to miss.
func TestBreaks(t *testing.T) {
	b := newBenchWith(t, func(c *live.Config) { c.MaxMissed = 0 })
	token := b.signIn("ann@acme.test").Access
	id := b.receive("acme", "4915")
	room := map[string]any{"conversationId": id}

	for _, how := range transports {
		t.Run("LIVE-24 a break at any byte of handshake and replay, several in a row: "+how, func(t *testing.T) {
			b := b.in(t)
			for _, direction := range []string{"down", "up"} {
				a := newAgent(b, how, token)
				a.mustConnect()
				joined := a.mustCall("conversation:join", room).Seq
				a.heard = nil
				whole := 0
				for n := 1; whole < 3; n += 71 {
					b.receive("acme", "4915")
					down, up := n, -1
					if direction == "up" {
						down, up = -1, n
					}
					if a.connect(down, up) == nil {
						whole++ // nothing was left to break, or it broke right after
					}
					if n%5 == 0 {
						a.mustConnect()
					}
				}
				a.mustConnect()
				a.catchUp(b.head("acme"))
				require.Zero(t, a.refused, "every return recovered")
				require.Equal(t, from(joined, b.head("acme")), seqs(a.heard), "each once, in order")
				a.hangUp()
			}
		})
		t.Run("LIVE-25 a break at any byte of a join with since: "+how, func(t *testing.T) {
			b := b.in(t)
			a := newAgent(b, how, token)
			for n := 1; ; n += 211 {
				a.mustConnect()
				since := max(0, b.head("acme")-20)
				a.heard = nil
				join := map[string]any{"conversationId": id, "since": since}
				a.wire.limit(n, -1)
				answer, err := a.call("conversation:join", join)
				b.receive("acme", "4915")
				if err != nil {
					a.mustConnect()
					answer = a.mustCall("conversation:join", join)
				}
				require.True(t, answer.OK)
				b.receive("acme", "4915")
				if err == nil {
					a.mustConnect() // the budget may end at any later byte
				}
				a.catchUp(b.head("acme"))
				require.Zero(t, a.refused)
				requireThread(t, b, a, since, answer.Seq)
				a.mustCall("conversation:leave", room)
				if err == nil {
					break
				}
			}
			a.hangUp()
		})
		t.Run("LIVE-26 a break at any byte of join and leave: "+how, func(t *testing.T) {
			b := b.in(t)
			a := newAgent(b, how, token)
			over := 0
			for n := 1; over < 4; n += 11 {
				a.mustConnect()
				for _, verb := range []string{"conversation:join", "conversation:leave"} {
					a.wire.limit(-1, n)
					if n%2 == 0 {
						a.wire.limit(n, -1)
					}
					answer, err := a.call(verb, room)
					a.mustConnect()
					if err != nil {
						answer = a.mustCall(verb, room)
					} else {
						over++
					}
					require.True(t, answer.OK)
					a.heard = nil
					b.receive("acme", "4915")
					a.catchUp(b.head("acme"))
					want := []string{"conversation:updated"}
					if verb == "conversation:join" {
						want = []string{"message:new", "conversation:updated"}
					}
					require.Equal(t, want, names(a.heard))
				}
				require.Zero(t, a.refused)
			}
			a.hangUp()
		})
	}
}

// requireThread tells that the conversation's messages after since have all
// come: again at most where they came by a join that was repeated, and each once
// after the join at joined.
func requireThread(t *testing.T, b *bench, a *agent, since, joined int64) {
	t.Helper()
	times := map[int64]int{}
	for _, e := range a.heard {
		if e.Name == "message:new" {
			times[e.Body.Seq]++
		}
	}
	for _, seq := range b.messages(since) {
		require.Positive(t, times[seq], "message %d of %v since %d", seq, times, since)
		if seq > joined {
			require.Equal(t, 1, times[seq], "message %d after the join at %d", seq, joined)
		}
	}
}

// from lists the positions after one, up to another.
func from(after, last int64) (list []int64) {
	for seq := after + 1; seq <= last; seq++ {
		list = append(list, seq)
	}
	return list
}

// head is the end of a tenant's log.
func (b *bench) head(tenant string) (seq int64) {
	b.t.Helper()
	require.NoError(b.t, b.db.View(b.t.Context(), tenant, func(tx store.ReadTx) (err error) {
		seq, err = tx.LastSeq(b.t.Context())
		return err
	}))
	return seq
}

// messages are the positions of acme's new messages after one.
func (b *bench) messages(after int64) (list []int64) {
	b.t.Helper()
	require.NoError(b.t, b.db.View(b.t.Context(), "acme", func(tx store.ReadTx) error {
		events, err := tx.Events(b.t.Context(), after, 100_000)
		for _, e := range events {
			if e.Type == "message:new" {
				list = append(list, e.Seq)
			}
		}
		return err
	}))
	return list
}
