package live_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
)

// viewer is a client and what it is due.
type viewer struct {
	s     *schedule
	agent *agent
	on    bool // connected, as far as it knows

	start   int64            // where its unbroken story begins
	from    int              // how much of agent.heard is older than that
	trims   int64            // of the world when it last came back: later ones may strand it, as no hour passes here
	synced  int64            // it has been sent everything up to here
	rooms   map[string]*room // as it believes
	closed  []*room          // left, to be checked too
	pending string           // the room whose join was not answered
	unsure  map[string]bool  // rooms that an unanswered join may have entered before another was refused
	story   []string         // what it did, for whoever has to find out
	told    int              // how much of agent.heard the story tells of
}

// room is a stay in a conversation's room.
type room struct {
	id      string
	after   int64 // due is what follows
	left    bool
	through int64 // sent for sure up to here, when it was left
	again   bool  // a join was repeated: events may have come twice
	since   bool  // asked for what came before
}

func newViewer(s *schedule, how, token string) *viewer {
	v := &viewer{s: s, agent: newAgent(&bench{t: s.t}, how, token), rooms: map[string]*room{}, unsure: map[string]bool{}}
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("%s by %s, from %d, start %d:\n%s\nwhat it was sent last:\n%s\nwhat nodes decided:\n%s", token, how, v.from, v.start,
				strings.Join(v.story, "\n"), strings.Join(v.agent.packets, "\n"), strings.Join(s.w.journal.of(s.tenant, strings.TrimPrefix(token, s.tenant+" ")), "\n"))
		}
	})
	return v
}

func (v *viewer) tell(format string, args ...any) {
	heard := v.agent.heard[v.told:]
	v.told = len(v.agent.heard)
	v.story = append(v.story, stamp()+" "+fmt.Sprintf(format, args...)+fmt.Sprintf(" (%d heard, the last %v)", v.told, seqs(heard)))
}

func (v *viewer) step() {
	d := v.s.dice
	switch n := d.n(10); {
	case !v.on:
		down, up := -1, -1
		if d.in(3) {
			down = d.n(4000)
		} else if d.in(4) {
			up = d.n(1200)
		}
		v.connect(down, up)
	case n < 4:
		v.join()
	case n < 5:
		v.leave()
	case n < 8:
		v.sync()
	case n < 9:
		v.agent.wire.limit(d.n(3000), -1) // breaks soon
	default:
		v.lost()
		v.agent.hangUp()
	}
}

// lost is a connection that is over, as far as the client knows.
func (v *viewer) lost() {
	v.on = false
	v.s.w.breaks.Add(1)
}

func (v *viewer) connect(down, up int) {
	first, refused := v.agent.pid == "", v.agent.refused
	pid, offset := v.agent.pid, v.agent.offset
	row, rowErr := v.s.w.db.Recovery(v.s.t.Context(), pid)
	v.agent.b.url = v.s.w.url(v.s.dice.n(2))
	trims := v.s.w.trimmed.Load()
	err := v.agent.connect(down, up)
	v.tell("connect %d %d to %s: %v, pid %s, refused %d, offset %s, ready %d", down, up, v.agent.b.url, err, v.agent.pid, v.agent.refused, v.agent.offset, v.agent.ready)
	if v.agent.refused > refused || first && v.agent.pid != "" {
		if !first {
			require.Greater(v.s.t, v.s.w.trims.Load(), v.trims, "only a trimmed log loses anyone: offset %s row %+v %v from %d synced %d", offset, row, rowErr, v.from, v.synced)
			v.s.w.fresh.Add(1)
		}
		v.begin()
	} else if err == nil {
		v.s.w.recovered.Add(1)
	}
	if err != nil {
		v.lost()
		return
	}
	if v.start < 0 {
		v.start = v.began()
	}
	v.on, v.trims, v.synced = true, trims, v.agent.ready
	if v.pending != "" {
		v.enter(v.pending, v.rooms[v.pending])
	}
}

// begin is a story of its own: nothing was recovered, so the client loads anew.
// It starts with what session:ready says.
func (v *viewer) begin() {
	v.start, v.from, v.synced = -1, len(v.agent.heard), 0
	v.rooms, v.closed, v.pending, v.unsure = map[string]*room{}, nil, "", map[string]bool{}
}

// began is the position at which a story has begun: session:ready tells it, or,
// where an earlier answer was cut off before that, the first event.
func (v *viewer) began() int64 {
	for _, e := range v.agent.heard[v.from:] {
		return min(v.agent.ready, e.Body.Seq-1)
	}
	return v.agent.ready
}

func (v *viewer) sync() {
	a, err := v.agent.call("session:ping", map[string]any{})
	if err != nil {
		v.tell("ping: %v", err)
		v.lost()
		return
	}
	require.True(v.s.t, a.OK, "%v", a.Error)
	v.synced = a.Seq
	v.tell("ping %d", a.Seq)
}

func (v *viewer) join() {
	id := v.s.conversation()
	if id == "" || v.rooms[id] != nil || v.start < 0 {
		return
	}
	r := &room{id: id, after: v.synced}
	if v.s.dice.in(2) {
		r.since = true
		r.after = int64(v.s.dice.n(int(v.synced) + 1))
	}
	v.enter(id, r)
}

// enter joins, or joins again where no answer came.
func (v *viewer) enter(id string, r *room) {
	r.again = r.again || v.unsure[id]
	ask := map[string]any{"conversationId": id}
	if r.since || r.again {
		ask["since"] = r.after
	}
	v.rooms[id], v.pending = r, id
	a, err := v.agent.call("conversation:join", ask)
	v.tell("join %v: %+v %v", ask, a, err)
	if err != nil {
		r.again = true
		v.lost()
		return
	}
	if a.Error.Code == "internal" { // like one without an answer
		r.again = true
		v.enter(id, r)
		return
	}
	v.pending = ""
	if a.Error.Code == "gone" {
		delete(v.rooms, id)
		v.unsure[id] = v.unsure[id] || r.again
		return
	}
	require.True(v.s.t, a.OK, "%v", a.Error)
	if !r.since && !r.again {
		r.after = a.Seq
	}
	v.synced = max(v.synced, a.Seq)
}

func (v *viewer) leave() {
	for id, r := range v.rooms {
		v.sync()
		if !v.on {
			return
		}
		r.left, r.through = true, v.synced
		a, err := v.agent.call("conversation:leave", map[string]any{"conversationId": id})
		v.tell("leave %s: %+v %v", id, a, err)
		for err == nil && a.Error.Code == "internal" {
			a, err = v.agent.call("conversation:leave", map[string]any{"conversationId": id})
		}
		if err != nil {
			// Perhaps it left, perhaps not: what comes from now on is no longer judged.
			v.lost()
		}
		v.closed = append(v.closed, r)
		delete(v.rooms, id)
		return
	}
}

// settle brings the client in sync with the whole log.
func (v *viewer) settle(head int64) {
	v.s.w.hint(v.s.tenant, head)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(2 * patience); v.synced < head || !v.on; <-again.C {
		require.True(v.s.t, time.Now().Before(deadline), "in sync in the end: %d of %d", v.synced, head)
		if !v.on {
			v.connect(-1, -1)
			continue
		}
		v.sync()
	}
}

// check holds what came against what was due.
func (v *viewer) check(events []portal.Event) {
	t := v.s.t
	var tenantHeard []int64
	heard := map[string][]int64{}
	for _, e := range v.agent.heard[v.from:] {
		if portal.EventType(e.Name).InConversationRoom() {
			id := events[e.Body.Seq-1].ConversationID
			heard[id] = append(heard[id], e.Body.Seq)
		} else {
			tenantHeard = append(tenantHeard, e.Body.Seq)
		}
		require.JSONEq(t, string(events[e.Body.Seq-1].Body), string(e.Args[0]), "what the log says")
	}
	var due []int64
	for _, e := range events[v.start:] {
		if !e.Type.InConversationRoom() {
			due = append(due, e.Seq)
		}
	}
	require.Equal(t, due, tenantHeard, "each event of the tenant once, in order")
	for _, r := range v.rooms {
		v.checkRoom(r, heard[r.id], events)
	}
	for _, r := range v.closed {
		v.checkRoom(r, heard[r.id], events)
	}
}

// checkRoom: everything of the stay has come, and once, unless a join was
// repeated or there were several stays.
func (v *viewer) checkRoom(r *room, heard []int64, events []portal.Event) {
	through := r.through
	if !r.left {
		through = int64(len(events))
	}
	stays := 0
	for _, other := range append(slices.Clone(v.closed), v.rooms[r.id]) {
		if other != nil && other.id == r.id {
			stays++
		}
	}
	for _, e := range events[r.after:max(through, r.after)] {
		if e.ConversationID != r.id || !e.Type.InConversationRoom() {
			continue
		}
		times := 0
		for _, seq := range heard {
			if seq == e.Seq {
				times++
			}
		}
		require.Positive(v.s.t, times, "seq %d of room %s, due after %d through %d: heard %v", e.Seq, r.id, r.after, through, heard)
		if stays == 1 && !r.again && !v.unsure[r.id] {
			require.Equal(v.s.t, 1, times, "seq %d of room %s came more than once", e.Seq, r.id)
		}
	}
}
