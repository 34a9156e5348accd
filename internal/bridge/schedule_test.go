package bridge_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/queue"
)

const inboundQueue, statusQueue = "inbound", "status"

// schedule is one random life of a portal.
type schedule struct {
	t        *testing.T
	all      *tally
	path     string
	log      *slog.Logger
	dice     *dice        // of the schedule's steps
	faults   *dice        // of what fails
	calm     atomic.Bool  // nothing fails
	storm    atomic.Bool  // much fails
	ahead    atomic.Int64 // how far the clock has jumped
	provider *provider
	senders  int
	*process
	goingOn sync.WaitGroup // who has ended and isn't out of the door yet
	unlock  func() bool    // takes another program's lock away, and tells whether there was one

	told    map[string][]published // queue → what was published, in order
	texts   map[string][]inbound   // tenant → messages of customers, each once, in order
	replies map[string][]*wrote    // tenant →
	poison  int
	longest time.Duration // the farthest that the clock was from another of its times

	mu         sync.Mutex
	story      []string
	complaints []string
	events     map[string][]portal.Event
	settled    map[string]bool   // message id → an answer of the provider is committed
	named      map[string]string // text of a reply → message id
}

// published is a message of a queue, and how often it is there.
type published struct {
	body            string
	poison          bool
	atLeast, atMost int
	tenant, wamid   string // of a report
	status          portal.MessageStatus
}

type inbound struct{ wamid, waID, body string }

type wrote struct {
	conversation string
	in           desk.ReplyInput
	id           string
}

func newSchedule(t *testing.T, empty []byte, seed uint64, all *tally) *schedule {
	t.Helper()
	s := &schedule{t: t, all: all, path: filepath.Join(t.TempDir(), "portal.db"), log: slog.New(slog.DiscardHandler),
		dice: newDice(seed, 1), faults: newDice(seed, 2), unlock: unlocked,
		told: map[string][]published{}, texts: map[string][]inbound{}, replies: map[string][]*wrote{},
		events: map[string][]portal.Event{}, settled: map[string]bool{}, named: map[string]string{}}
	require.NoError(t, os.WriteFile(s.path, empty, 0o600))
	s.provider = newProvider(seed, s.called)
	t.Cleanup(func() {
		s.leave()
		if t.Failed() {
			t.Logf("seed %d:\n%s", seed, strings.Join(s.story, "\n"))
		}
	})
	s.process = s.open()
	return s
}

// play does so many things, waits until all is quiet, and judges.
func (s *schedule) play(steps int) {
	for range steps {
		if s.dead.Load() {
			s.revive()
		}
		s.step()
		s.pause()
	}
	s.settle()
	s.judge()
	require.Empty(s.t, s.complaints)
}

func (s *schedule) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

func (s *schedule) step() {
	tenant := oneOf(s.dice, tenants)
	switch n := s.dice.n(100); {
	case n < 30:
		for range 1 + s.dice.n(4)*s.dice.n(4) {
			s.receive(tenant)
		}
	case n < 34:
		s.spoil()
	case n < 36:
		s.storm.Store(!s.storm.Load())
		s.tell("storm: %v", s.storm.Load())
	case n < 55:
		s.reply(tenant)
	case n < 80:
		s.report(tenant)
	case n < 86:
		s.change(tenant)
	case n < 88:
		s.jump()
	case n < 90:
		s.hinder(tenant)
	case n < 92:
		s.tell("crash")
		s.crash()
	case n < 94:
		s.tell("bridge and sender crash")
		s.crashWorkers()
	case n < 96:
		s.tell("bridge and sender stop and start")
		s.cancel()
		s.done.Wait()
		s.employ()
	case n < 98:
		s.tell("stop and start")
		s.stop()
		s.process = s.open()
	default:
		synctest.Wait()
	}
}

// pause lets some time pass, mostly none.
func (s *schedule) pause() {
	switch s.dice.n(12) {
	case 0, 1, 2:
		time.Sleep(time.Duration(s.dice.n(2000)) * time.Millisecond)
	case 3:
		time.Sleep(time.Duration(s.dice.n(40)) * time.Second)
	}
}

// revive replaces what died in the middle of something.
func (s *schedule) revive() {
	if s.dice.in(2) {
		s.tell("died; its process goes on")
		s.crashWorkers()
		return
	}
	s.tell("died")
	s.crash()
}

// publish puts a message into a queue until that is known to have worked.
func (s *schedule) publish(name string, p published) {
	p.atMost = p.atLeast
	for {
		err := s.queue.Publish(s.t.Context(), name, queue.Message{Body: []byte(p.body)})
		p.atMost++
		if err == nil {
			p.atLeast++
		}
		if err == nil && !s.dice.in(20) { // else the answer is lost on its way
			break
		}
		time.Sleep(time.Second)
	}
	s.told[name] = append(s.told[name], p)
}

// receive tells of a customer's message, a new one or one that was told before.
func (s *schedule) receive(tenant string) {
	before := s.texts[tenant]
	var in inbound
	if len(before) > 0 && s.dice.in(5) {
		in = oneOf(s.dice, before)
	} else {
		in.wamid, in.waID = fmt.Sprint("in.", len(before)), fmt.Sprint("4915", s.dice.n(4))
		body := map[string]any{"wamid": in.wamid, "wa_id": in.waID, "timestamp": s.now().Unix(), "message_text": "says " + in.wamid}
		s.address(body, tenant)
		if s.dice.in(8) {
			body["contact_name"] = fmt.Sprint("name ", s.dice.n(3))
		}
		in.body = asJSON(s.t, body)
		s.texts[tenant] = append(before, in)
	}
	s.tell("%s hears %s of %s", tenant, in.wamid, in.waID)
	s.publish(inboundQueue, published{body: in.body})
}

// address says whose a message is.
func (s *schedule) address(body map[string]any, tenant string) {
	n := s.dice.n(3)
	if n != 0 {
		body["tenantId"] = tenant
	}
	if n != 1 {
		body["phone_number_id"] = numberOf(tenant)
	}
}

// spoil publishes what can never be applied.
func (s *schedule) spoil() {
	s.poison++
	body := oneOf(s.dice, []string{
		`{"poison":%d`, `{"poison":%d}`, "{\"poison\":%d,\"\xff\":1}",
		`{"poison":%d,"tenantId":"nobody","wamid":"x","wa_id":"1","timestamp":1,"message_text":"x","status":"read"}`,
		`{"poison":%d,"tenantId":"acme","phone_number_id":"number-of-globex","wamid":"x","wa_id":"1","timestamp":1,"message_text":"x","status":"read"}`,
		`{"poison":%d,"tenantId":"acme","wamid":"x","wa_id":"1","timestamp":"soon","message_text":"x","status":"read"}`,
	})
	name := oneOf(s.dice, []string{inboundQueue, statusQueue})
	s.tell("poison %d for %s", s.poison, name)
	s.publish(name, published{body: fmt.Sprintf(body, s.poison), poison: true})
}

// conversation is one of those that there are; "" for none.
func (s *schedule) conversation(tenant string) string {
	list, err := s.desk.Conversations(s.t.Context(), agentOf(tenant), desk.ListInput{})
	require.NoError(s.t, err)
	if len(list.Conversations) == 0 {
		return ""
	}
	// By what doesn't depend on random ids or on who came first.
	slices.SortFunc(list.Conversations, func(a, b *portal.Conversation) int {
		return strings.Compare(*a.Contact.WaID+a.CreatedAt.String(), *b.Contact.WaID+b.CreatedAt.String())
	})
	return oneOf(s.dice, list.Conversations).ID
}

func agentOf(tenant string) portal.Identity {
	return portal.Identity{UserID: "ann", TenantID: tenant, Name: "Ann", Role: portal.RoleAgent}
}

// reply sends something new, or the same again.
func (s *schedule) reply(tenant string) {
	before := s.replies[tenant]
	r := &wrote{in: desk.ReplyInput{ClientID: fmt.Sprint("c", len(before)), Text: fmt.Sprintf("%s reply %d", tenant, len(before))}}
	if again := len(before) > 0 && s.dice.in(4); again {
		r = oneOf(s.dice, before)
	} else if r.conversation = s.conversation(tenant); r.conversation == "" {
		return
	}
	var m *portal.Message
	err := s.until(func() (err error) {
		m, _, err = s.desk.Reply(s.t.Context(), agentOf(tenant), r.conversation, r.in)
		return err
	})
	if portal.CodeOf(err) == portal.Conflict {
		return // closed
	}
	require.NoError(s.t, err)
	s.tell("%s replies %s: %s", tenant, r.in.ClientID, m.ID)
	if r.id == "" {
		r.id = m.ID
		s.replies[tenant] = append(s.replies[tenant], r)
	}
	require.Equal(s.t, r.id, m.ID, "the same again is the same message")
}

// until does something until its outcome is known.
func (s *schedule) until(what func() error) error {
	for range 100 {
		err := what()
		if code := portal.CodeOf(err); code != portal.Unavailable && code != portal.Internal {
			return err
		}
		if s.dead.Load() {
			s.revive()
		}
		time.Sleep(time.Second)
	}
	s.t.Fatal("never came through")
	return nil
}

// report tells of a message that a customer has got, also of one whose name the
// portal doesn't know yet, or never will.
func (s *schedule) report(tenant string) {
	var got []*call
	for _, c := range s.provider.all() {
		if c.tenant == tenant && c.wamid != "" {
			got = append(got, c)
		}
	}
	if len(got) == 0 {
		return
	}
	if recent := 4; len(got) > recent && s.dice.in(2) {
		got = got[len(got)-recent:]
	}
	s.reportOf(tenant, oneOf(s.dice, got).wamid)
}

func (s *schedule) reportOf(tenant, wamid string) {
	p := published{tenant: tenant, wamid: wamid, status: oneOf(s.dice, []portal.MessageStatus{
		portal.StatusSent, portal.StatusDelivered, portal.StatusDelivered, portal.StatusRead, portal.StatusFailed, "deleted"})}
	body := map[string]any{"wamid": p.wamid, "status": p.status, "timestamp": fmt.Sprint(s.now().Unix())}
	s.address(body, tenant)
	if p.status == portal.StatusFailed {
		body["errors"] = []any{map[string]any{"code": 131026, "title": "Undeliverable"}}
	}
	p.body = asJSON(s.t, body)
	s.tell("%s is told that %s is %s", tenant, p.wamid, p.status)
	for range 1 + s.dice.n(2) {
		s.publish(statusQueue, p)
	}
}

// change is an agent's doing.
func (s *schedule) change(tenant string) {
	id := s.conversation(tenant)
	if id == "" {
		return
	}
	what := s.dice.n(3)
	err := s.until(func() (err error) {
		switch what {
		case 0:
			_, err = s.desk.SetStatus(s.t.Context(), agentOf(tenant), id, portal.ConversationClosed)
		case 1:
			_, err = s.desk.SetStatus(s.t.Context(), agentOf(tenant), id, portal.ConversationActive)
		default:
			_, err = s.desk.Read(s.t.Context(), agentOf(tenant), id)
		}
		return err
	})
	if err != nil {
		require.Equal(s.t, portal.Conflict, portal.CodeOf(err), "%v", err)
	}
}

// jump moves the clock, mostly by little, seldom by more than a report is parked for.
func (s *schedule) jump() {
	by := time.Duration(s.dice.n(120)) * time.Second
	switch s.dice.n(12) {
	case 0:
		by = desk.ParkedFor + time.Hour
	case 1:
		by = time.Duration(s.dice.n(30)) * time.Hour
	}
	if s.dice.in(3) {
		by = -by
	}
	s.jumpBy(by)
}

func (s *schedule) jumpBy(by time.Duration) {
	s.longest += by.Abs()
	s.tell("the clock jumps by %v", by)
	s.ahead.Add(int64(by))
}

func unlocked() bool { return false }

// hinder locks the database, half of the time while a reply is under way and for
// longer than its lease.
func (s *schedule) hinder(tenant string) {
	if s.dice.in(2) {
		s.lock()
		return
	}
	s.reply(tenant)
	synctest.Wait()
	s.lock()
	time.Sleep(time.Duration(s.dice.n(3)) * time.Second)
	s.jumpBy(time.Minute)
}

// lock lets another program hold the database for a while.
func (s *schedule) lock() {
	s.unlock()
	db, err := sql.Open("sqlite", "file:"+s.path+"?_txlock=immediate&_pragma=busy_timeout(1000)")
	require.NoError(s.t, err)
	ctx, unlock := context.WithTimeout(s.t.Context(), time.Duration(s.dice.n(12))*time.Second)
	locked := make(chan struct{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer func() { _ = db.Close() }()
		tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
		close(locked)
		if err != nil {
			return // others were faster
		}
		<-ctx.Done()
		_ = tx.Rollback()
	}()
	<-locked
	s.tell("another program holds the database")
	s.unlock = func() bool {
		unlock()
		<-gone
		s.unlock = unlocked
		return true
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}
