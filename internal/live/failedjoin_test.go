package live_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/live"
	"github.com/agentportal/portal/internal/store"
)

// moody is a database that does something else at a chosen moment.
type moody struct {
	live.Sessions
	page  atomic.Pointer[func(after int64) error] // where a page of a conversation's events was read
	rooms atomic.Pointer[func() error]            // once, before a session's rooms are stored
}

func (m *moody) View(ctx context.Context, tenantID string, fn func(store.ReadTx) error) error {
	return m.Sessions.View(ctx, tenantID, func(tx store.ReadTx) error { return fn(moodyTx{tx, m}) })
}

func (m *moody) SetRecoveryRooms(ctx context.Context, pid string, generation int64, rooms map[string]int64, at time.Time) error {
	if mood := m.rooms.Swap(nil); mood != nil {
		if err := (*mood)(); err != nil {
			return err
		}
	}
	return m.Sessions.SetRecoveryRooms(ctx, pid, generation, rooms, at)
}

type moodyTx struct {
	store.ReadTx
	m *moody
}

func (tx moodyTx) ConversationEvents(ctx context.Context, id string, after int64, limit int) ([]portal.Event, error) {
	events, err := tx.ReadTx.ConversationEvents(ctx, id, after, limit)
	if mood := tx.m.page.Load(); mood != nil && err == nil {
		err = (*mood)(after)
	}
	return events, err
}

// TestFailedJoins lets joins fail in their course.
func TestFailedJoins(t *testing.T) {
	broken := func() error { return errors.New("the connection broke") }
	for _, before := range []string{"first", "joined before"} {
		b, m := moodyBench(t)
		token := b.signIn("ann@acme.test").Access
		id := b.receive("acme", "4915")
		b.flood(id, 1000)
		room := map[string]any{"conversationId": id}
		p := b.online(token)
		if before != "first" {
			a, _ := p.call("conversation:join", room)
			require.True(t, a.OK)
		}
		outside := func(t *testing.T) {
			typing, _ := p.call("typing:start", room)
			require.Equal(t, "forbidden", typing.Error.Code, "outside the room")
			b.receive("acme", "4915")
			require.Equal(t, []string{"conversation:updated"}, names(p.until("conversation:updated")), "nothing of the room comes")
			p.drop()
			b.receive("acme", "4915")
			var recovered bool
			var events []event
			p, recovered, events = b.again(p, token)
			require.True(t, recovered)
			require.Equal(t, []string{"conversation:updated", "session:ready"}, names(events), "nor by a recovery")
		}
		whole := func(t *testing.T, since int64) {
			a, replayed := p.call("conversation:join", map[string]any{"conversationId": id, "since": since})
			require.True(t, a.OK, "%v", a.Error)
			require.Equal(t, b.messages(since), seqs(slices.DeleteFunc(replayed, func(e event) bool { return e.Name != "message:new" })), "repeated it leaves no hole")
			b.receive("acme", "4915")
			require.Equal(t, []string{"message:new", "conversation:updated"}, names(p.until("conversation:updated")), "and goes on live, once")
		}
		t.Run("LIVE-44 internal in the middle of its replay, "+before, func(t *testing.T) {
			second := func(after int64) error {
				if after == 1 {
					return nil
				}
				return broken()
			}
			m.page.Store(&second)
			a, replayed := p.call("conversation:join", map[string]any{"conversationId": id, "since": 1})
			require.Equal(t, "internal", a.Error.Code)
			m.page.Store(nil)
			require.Equal(t, b.messages(1)[:200], seqs(replayed), "the first page")
			outside(t)
			whole(t, 1)
		})
		t.Run("LIVE-44 internal where its room can't be stored, "+before, func(t *testing.T) {
			for _, since := range []map[string]any{room, {"conversationId": id, "since": 1}} {
				a, _ := p.call("conversation:leave", room)
				require.True(t, a.OK)
				m.rooms.Store(&broken)
				a, _ = p.call("conversation:join", since)
				require.Equal(t, "internal", a.Error.Code)
				outside(t)
			}
			whole(t, 1)
		})
		t.Run("LIVE-44 a leave that can't be stored hasn't happened, "+before, func(t *testing.T) {
			m.rooms.Store(&broken)
			a, _ := p.call("conversation:leave", room)
			require.Equal(t, "internal", a.Error.Code)
			b.receive("acme", "4915")
			require.Equal(t, []string{"message:new", "conversation:updated"}, names(p.until("conversation:updated")))
		})
		t.Run("LIVE-44 gone in the middle of its replay, "+before, func(t *testing.T) {
			trim := func(int64) error {
				_, err := b.db.TrimEvents(context.WithoutCancel(t.Context()), time.Now().Add(time.Hour), 100_000)
				return err
			}
			m.page.Store(&trim)
			a, replayed := p.call("conversation:join", map[string]any{"conversationId": id, "since": 1})
			m.page.Store(nil)
			require.Equal(t, "gone", a.Error.Code)
			require.Len(t, replayed, 200, "the first page")
			outside(t)
			whole(t, a.Error.Seq)
		})
	}
}

func moodyBench(t *testing.T) (*bench, *moody) {
	m := &moody{}
	b := newBenchWith(t, func(c *live.Config) {
		c.MaxMissed = 0
		m.Sessions = c.Store
		c.Store = m
	})
	return b, m
}
