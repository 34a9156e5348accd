package live_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/live"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
)

// flood writes n events of a conversation, every other one for its room, into
// acme's log.
func (b *bench) flood(id string, n int) {
	b.t.Helper()
	b.floodWith(id, n, 0)
}

// floodWith has so many bytes more in each of the room's.
func (b *bench) floodWith(id string, n, bytes int) {
	b.t.Helper()
	filling := strings.Repeat("x", bytes)
	require.NoError(b.t, b.db.Update(b.t.Context(), "acme", func(tx store.Tx) error {
		for i := range n {
			seq, err := tx.NextSeq(b.t.Context())
			if err != nil {
				return err
			}
			e := portal.Event{Seq: seq, At: portal.At(time.Now()), Type: portal.MessageNew, ConversationID: id,
				Body: fmt.Appendf(nil, `{"seq":%d,"conversationId":%q,"filling":%q}`, seq, id, filling)}
			if i%2 == 1 {
				e.Type, e.Body = portal.ConversationUpdated, fmt.Appendf(nil, `{"seq":%d,"conversationId":%q}`, seq, id)
			}
			if err := tx.Append(b.t.Context(), e); err != nil {
				return err
			}
		}
		return nil
	}))
}

// assign makes one event more, in the tenant's room.
func (b *bench) assign(id, userID string) {
	b.t.Helper()
	who := portal.Identity{TenantID: "acme", UserID: "ann", Role: portal.RoleAgent}
	_, err := b.desk.Assign(b.t.Context(), who, id, &userID)
	require.NoError(b.t, err)
}

func TestManyMissed(t *testing.T) {
	b := newBenchWith(t, func(c *live.Config) { c.MaxMissed = 0 })
	token := b.signIn("ann@acme.test").Access
	id := b.receive("acme", "4915")
	room := map[string]any{"conversationId": id}

	t.Run("LIVE-17 10,000 are recovered, 10,001 aren't, and what isn't the client's doesn't count", func(t *testing.T) {
		a := newAgent(b, "websocket", token)
		a.mustConnect()
		joined := a.mustCall("conversation:join", room).Seq
		a.heard = nil
		before := *a
		a.hangUp()
		b.flood(id, 9_998)
		b.receive("acme", "4916") // a conversation:new, and a message in a room that it isn't in
		b.assign(id, "ben")
		last := b.head("acme")
		require.EqualValues(t, 10_001, last-joined)
		a.mustConnect()
		require.Zero(t, a.refused)
		require.Equal(t, 10_000, len(a.heard))
		require.False(t, slices.Contains(seqs(a.heard), last-1), "the other room's message")
		a.hangUp()

		b.assign(id, "ann")
		late := newAgent(b, "websocket", token)
		late.pid, late.offset = before.pid, before.offset
		late.mustConnect()
		require.Equal(t, 1, late.refused)
		require.Empty(t, late.heard)
	})
	t.Run("LIVE-27 a client that reads nothing holds up its replay, and live events wait behind it", func(t *testing.T) {
		p := b.online(token)
		a, _ := p.call("conversation:join", room)
		require.True(t, a.OK)
		p.drop()
		b.flood(id, 4_000)
		q, _ := dial(t, b.url)
		q.post(`40{"token":"` + token + `","pid":"` + p.pid + `","offset":"` + p.offset + `"}`)
		b.flood(id, 1_000)
		answer, ok := q.next()
		require.True(t, ok)
		require.Contains(t, answer, p.pid)
		var heard []int64
		for e := q.event(); len(heard) == 0 || heard[len(heard)-1] < b.head("acme"); e = q.event() {
			require.NotEqual(t, "closed", e.Packet)
			if e.Name != "session:ready" {
				heard = append(heard, e.Body.Seq)
			}
		}
		require.True(t, slices.Equal(from(a.Seq, b.head("acme")), heard), "%d", len(heard))
	})
}

// TestWhatComesAmidAReplay lets more come while a replay waits for its client than
// a queue holds.
func TestWhatComesAmidAReplay(t *testing.T) {
	b := newBenchWith(t, func(c *live.Config) { c.MaxMissed = 0 })
	token := b.signIn("ann@acme.test").Access
	id := b.receive("acme", "4915")
	room := map[string]any{"conversationId": id}
	const big = 200 << 10
	read := func(t *testing.T, p *peer, name string) (heard []int64) {
		for {
			e := p.event()
			require.NotEqual(t, "closed", e.Packet, "after %d events; %v", len(heard), b.live.Stats().Ended)
			if e.Name == name || strings.HasPrefix(e.Packet, name) {
				return heard
			}
			if e.Name == "message:new" || e.Name == "conversation:updated" {
				heard = append(heard, e.Body.Seq)
			}
		}
	}
	t.Run("LIVE-27 a recovery sends at the client's pace what comes amid it, however much", func(t *testing.T) {
		p := b.online(token)
		a, _ := p.call("conversation:join", room)
		require.True(t, a.OK)
		p.drop()
		b.floodWith(id, 60, big)
		q, _ := dial(t, b.url)
		q.post(`40{"token":"` + token + `","pid":"` + p.pid + `","offset":"` + p.offset + `"}`)
		answer, ok := q.next()
		require.True(t, ok)
		require.Contains(t, answer, p.pid)
		b.floodWith(id, 80, big)
		require.NoError(t, b.live.WaitFor(t.Context(), "acme", b.head("acme")))
		require.Equal(t, from(a.Seq, b.head("acme")), read(t, q, "session:ready"))
	})
	t.Run("LIVE-27 so does a join with since", func(t *testing.T) {
		since := b.head("acme")
		b.floodWith(id, 60, big)
		p := b.online(token)
		p.post(fmt.Sprintf(`421["conversation:join",{"conversationId":%q,"since":%d}]`, id, since))
		first := p.event()
		require.Equal(t, since+1, first.Body.Seq)
		before := b.head("acme")
		b.floodWith(id, 80, big)
		require.NoError(t, b.live.WaitFor(t.Context(), "acme", b.head("acme")))
		heard := read(t, p, "31[")
		var replayed []int64
		for seq := since + 3; seq <= b.head("acme"); seq += 2 {
			replayed = append(replayed, seq)
		}
		inRoom := slices.DeleteFunc(heard, func(seq int64) bool { return (seq-since)%2 == 0 })
		require.Equal(t, replayed, inRoom, "of the room, before %d and after it", before)
	})
}

func TestOwners(t *testing.T) {
	b := newBench(t)
	tokens := b.signIn("ann@acme.test")
	id := b.receive("acme", "4915")
	t.Run("LIVE-11 a client that had got no event", func(t *testing.T) {
		p, _ := dial(t, b.url)
		p.connect(map[string]any{"token": tokens.Access})
		p.drop() // session:ready may have come, but wasn't read
		require.Empty(t, p.offset)
		b.receive("acme", "4915")
		_, recovered, events := b.again(p, tokens.Access)
		require.True(t, recovered)
		require.Equal(t, []string{"conversation:updated", "session:ready"}, names(events))
	})
	t.Run("LIVE-13 guessed ids recover nothing", func(t *testing.T) {
		p := b.online(tokens.Access)
		p.drop()
		b.receive("acme", "4915")
		right := p.pid
		for _, guess := range []string{p.sid, right[:19], right + "A", strings.ToLower(right), strings.Repeat("A", 20), "%", "' OR 1=1 --", strings.Repeat("x", 10_000)} {
			if guess == right {
				continue
			}
			p.pid = guess
			q, recovered, events := b.again(p, tokens.Access)
			require.False(t, recovered, "%.40q", guess)
			require.Len(t, events, 1)
			q.drop()
		}
		p.pid = right
		_, recovered, _ := b.again(p, tokens.Access)
		require.True(t, recovered)
	})
	t.Run("LIVE-16 of two connections that take up one session at once, one stays", func(t *testing.T) {
		for range 10 {
			first := newAgent(b, "websocket", tokens.Access)
			first.mustConnect()
			second := newAgent(b, "websocket", tokens.Access)
			second.pid, second.offset = first.pid, first.offset
			b.receive("acme", "4915")
			var both sync.WaitGroup
			for _, a := range []*agent{first, second} {
				both.Go(func() { _ = a.connect(-1, -1) })
			}
			both.Wait()
			alive := 0
			for _, a := range []*agent{first, second} {
				if a.conn == nil {
					continue
				}
				if answer, err := a.call("session:ping", map[string]any{}); err == nil && answer.OK {
					alive++
					a.catchUp(b.head("acme"))
					require.Equal(t, []string{"conversation:updated"}, names(a.heard))
				}
				require.Zero(t, a.refused)
			}
			require.Equal(t, 1, alive)
			first.hangUp()
			second.hangUp()
		}
	})
	t.Run("LIVE-28 another node's recovery closes the predecessor", func(t *testing.T) {
		var nodes []*bench
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		for _, name := range []string{"one", "two"} {
			node := b.in(t)
			node.url, node.change = "", func(c *live.Config) { c.Shared, c.Node = true, name }
			node.run()
			running.Go(func() { _ = node.live.Run(ctx) })
			nodes = append(nodes, node)
		}
		here := nodes[0].online(tokens.Access)
		a, _ := here.call("conversation:join", map[string]any{"conversationId": id})
		require.True(t, a.OK)
		_, recovered, events := nodes[1].again(here, tokens.Access)
		require.True(t, recovered)
		require.Equal(t, []string{"session:ready"}, names(events))
		require.Equal(t, "closed", here.event().Packet)
	})
}

func TestQuiet(t *testing.T) {
	t.Run("LIVE-29 the noted position keeps a quiet client ahead of the trim", func(t *testing.T) {
		b := newBenchWith(t, func(c *live.Config) {
			c.ConfirmEvery = 50 * time.Millisecond
			c.Socket.Engine.PingInterval, c.Socket.Engine.PingTimeout = 50*time.Millisecond, patience
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = b.live.Run(ctx) })
		defer running.Wait()
		defer cancel()
		token := b.signIn("ann@acme.test").Access
		a := newAgent(b, "websocket", token)
		a.mustConnect()
		b.receive("acme", "4915") // 1, and 2 in a room that it isn't in
		require.Eventually(t, func() bool {
			a.mustCall("session:ping", map[string]any{})
			session, err := b.db.Recovery(t.Context(), a.pid)
			return err == nil && session.Confirmed == 2
		}, patience, 20*time.Millisecond)
		require.True(t, strings.HasSuffix(a.offset, ".1"), a.offset)
		a.hangUp()
		_, err := b.db.TrimEvents(t.Context(), time.Now().Add(time.Hour), 100)
		require.NoError(t, err)
		a.mustConnect()
		require.Zero(t, a.refused)
		require.Equal(t, []int64{1}, seqs(a.heard))
	})
}

// faulty is a store that can be made to fail.
type faulty struct {
	*sqlite.Store
	op    atomic.Value // string: the operation that fails
	after atomic.Int64 // how many of its calls still work
}

func (f *faulty) fails(op string) error {
	if f.op.Load() == op && f.after.Add(-1) < 0 {
		return portal.Errorf(portal.Unavailable, "the database is away")
	}
	return nil
}

func (f *faulty) PutRecovery(ctx context.Context, s store.RecoverySession) error {
	return errors.Join(f.fails("put"), f.Store.PutRecovery(ctx, s))
}

func (f *faulty) Recovery(ctx context.Context, pid string) (store.RecoverySession, error) {
	if err := f.fails("read"); err != nil {
		return store.RecoverySession{}, err
	}
	return f.Store.Recovery(ctx, pid)
}

// TakeRecovery fails after it has had its effect: the answer got lost.
func (f *faulty) TakeRecovery(ctx context.Context, pid, node string, at time.Time) (store.RecoverySession, error) {
	s, err := f.Store.TakeRecovery(ctx, pid, node, at)
	return s, errors.Join(f.fails("take"), err)
}

func (f *faulty) View(ctx context.Context, tenantID string, fn func(store.ReadTx) error) error {
	if err := f.fails("view"); err != nil {
		return err
	}
	return f.Store.View(ctx, tenantID, fn)
}

func TestDatabaseAway(t *testing.T) {
	f := &faulty{}
	f.op.Store("")
	b := newBenchWith(t, func(c *live.Config) {
		f.Store = c.Store.(*sqlite.Store)
		c.Store, c.MaxMissed = f, 0
		c.Relay.Window, c.Relay.Page = 8, 4 // a replay reads the log
	})
	token := b.signIn("ann@acme.test").Access
	room := map[string]any{"conversationId": b.receive("acme", "4915")}

	t.Run("LIVE-3 the database goes away at any step of a recovery: closed, and recovered later", func(t *testing.T) {
		a := newAgent(b, "websocket", token)
		a.mustConnect()
		joined := a.mustCall("conversation:join", room).Seq
		a.heard = nil
		closed := 0
		for _, op := range []string{"read", "take", "view"} {
			for after := range int64(12) {
				if op != "view" && after > 0 {
					break
				}
				a.hangUp()
				for range 10 {
					b.receive("acme", "4915")
				}
				f.after.Store(after)
				f.op.Store(op)
				if a.connect(-1, -1) != nil {
					closed++
				}
				f.op.Store("")
				a.mustConnect()
				a.catchUp(b.head("acme"))
			}
		}
		require.Greater(t, closed, 5)
		require.Zero(t, a.refused)
		require.Equal(t, from(joined, b.head("acme")), seqs(a.heard))
	})
	t.Run("LIVE-3 the database goes away while a session begins", func(t *testing.T) {
		a := newAgent(b, "websocket", token)
		f.after.Store(0)
		f.op.Store("put")
		require.Error(t, a.connect(-1, -1))
		require.Empty(t, a.pid)
		f.op.Store("")
		a.mustConnect()
	})
}

func TestWhatIsAlwaysAllowed(t *testing.T) {
	events, typing := live.Allowed()
	for name, row := range map[string]struct {
		limiter      *rate.Limiter
		burst, rates int
	}{
		"LIVE-9 200 events a second with bursts of 1,000":    {events, 1000, 200},
		"LIVE-9 20 typing events a second with bursts of 40": {typing, 40, 20},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			for range row.burst {
				require.True(t, row.limiter.AllowN(now, 1))
			}
			for i := range 3600 * row.rates { // an hour long
				at := now.Add(time.Duration(i+1) * time.Second / time.Duration(row.rates))
				require.True(t, row.limiter.AllowN(at, 1), "%d", i)
			}
		})
	}
}
