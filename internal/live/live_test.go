package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/live"
	"github.com/agentportal/portal/internal/store/sqlite"
)

// TestMain lets more tests run at once than there are processors: those of the
// simulation wait for one another's nodes, clocks and databases most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// wamids keeps those of subtests apart.
var wamids atomic.Int64

// bench is a portal's live side on a database of its own.
type bench struct {
	t     *testing.T
	db    *sqlite.Store
	auth  *auth.Auth
	desk  *desk.Desk
	live  *live.Live
	url   string
	away  atomic.Bool // the database can't be asked who is connecting
	wamid int

	change  func(*live.Config)
	unready atomic.Bool // nothing can be served
	ends    sync.Map    // token → time.Time: when it runs out, where that isn't its own
}

// Verify is the real one, unless the database is away.
func (b *bench) Verify(ctx context.Context, token string) (portal.Identity, time.Time, error) {
	if b.away.Load() {
		return portal.Identity{}, time.Time{}, portal.Errorf(portal.Unavailable, "the database is away")
	}
	who, expires, err := b.auth.Verify(ctx, token)
	if other, ok := b.ends.Load(token); ok {
		expires = other.(time.Time)
	}
	return who, expires, err
}

// ready is Config.Ready.
func (b *bench) ready() error {
	if b.unready.Load() {
		return portal.Errorf(portal.Unavailable, "the database is away")
	}
	return nil
}

func (b *bench) OnSignOut(fn func(string)) { b.auth.OnSignOut(fn) }

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchWith(t, func(*live.Config) {})
}

// newBenchWith has change put its own settings in.
func newBenchWith(t *testing.T, change func(*live.Config)) *bench {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Migrate(t.Context()))
	b := &bench{t: t, db: db, change: change, desk: desk.New(desk.Config{Store: db, HashPassword: auth.HashPassword})}
	b.auth, err = auth.New(t.Context(), auth.Config{Store: db})
	require.NoError(t, err)
	user := func(id, tenant string, role portal.Role) desk.SeedUser {
		return desk.SeedUser{ID: id, Email: id + "@" + tenant + ".test", Password: "correct horse", Name: id, Role: role}
	}
	require.NoError(t, b.desk.Seed(t.Context(), desk.Seed{Tenants: []desk.SeedTenant{
		{Tenant: portal.Tenant{ID: "acme", Name: "Acme", WhatsApp: portal.WhatsApp{PhoneNumberID: "1055"}}, Users: []desk.SeedUser{
			user("ann", "acme", portal.RoleAgent), user("ben", "acme", portal.RoleAgent), user("vic", "acme", portal.RoleViewer), user("adi", "acme", portal.RoleAdmin)}},
		{Tenant: portal.Tenant{ID: "globex", Name: "Globex", WhatsApp: portal.WhatsApp{PhoneNumberID: "2066"}}, Users: []desk.SeedUser{
			user("olga", "globex", portal.RoleAdmin)}},
	}}))
	b.start()
	return b
}

// start runs the live side, as a process's start does.
func (b *bench) start() {
	first := b.url == ""
	b.run()
	if first {
		b.db.OnCommit(func(tenant string, events []portal.Event) { b.live.Committed(tenant, events) })
	}
}

// run is a live side that finds the commits in the log.
func (b *bench) run() {
	c := live.Config{Store: b.db, Access: b, Desk: b.desk, MaxMissed: 10, Ready: b.ready}
	b.change(&c)
	l, err := live.New(b.t.Context(), c)
	require.NoError(b.t, err)
	b.live = l
	h := httptest.NewServer(l)
	b.url = h.URL
	b.t.Cleanup(func() {
		require.NoError(b.t, l.Close())
		h.Close()
	})
}

// in is the same bench for a subtest.
func (b *bench) in(t *testing.T) *bench {
	return &bench{t: t, db: b.db, auth: b.auth, desk: b.desk, live: b.live, url: b.url, wamid: int(wamids.Add(1)) * 1_000_000}
}

// signIn is a fresh sign-in of a user.
func (b *bench) signIn(email string) auth.Tokens {
	b.t.Helper()
	tokens, err := b.auth.SignIn(b.t.Context(), email, "correct horse", "127.0.0.1:1")
	require.NoError(b.t, err)
	return tokens
}

// online is a new socket, in sync.
func (b *bench) online(token string) *peer {
	b.t.Helper()
	p, status := dial(b.t, b.url)
	require.Equal(b.t, http.StatusOK, status)
	require.Equal(b.t, "0", p.connect(map[string]any{"token": token})[:1])
	p.until("session:ready")
	return p
}

// again comes back as old and returns what came up to session:ready.
func (b *bench) again(old *peer, token string) (p *peer, recovered bool, events []event) {
	b.t.Helper()
	p, _ = dial(b.t, b.url)
	ask := map[string]any{"token": token, "pid": old.pid}
	if old.offset != "" {
		ask["offset"] = old.offset
	}
	require.Equal(b.t, "0", p.connect(ask)[:1])
	if p.pid == old.pid {
		require.Equal(b.t, old.sid, p.sid)
	}
	return p, p.pid == old.pid, p.until("session:ready")
}

// receive takes in a message of a contact and returns its conversation.
func (b *bench) receive(tenant, waID string) string {
	b.t.Helper()
	b.wamid++
	errs := b.desk.Receive(b.t.Context(), tenant, []desk.Inbound{{TenantID: tenant, WAMID: fmt.Sprint("w", b.wamid), WaID: waID,
		ContactName: waID, At: portal.At(time.Now()), Type: portal.TypeText, Text: "Hello"}})
	require.NoError(b.t, errors.Join(errs...))
	id := map[string]string{"acme": "ann", "globex": "olga"}[tenant]
	list, err := b.desk.Conversations(b.t.Context(), portal.Identity{TenantID: tenant, UserID: id, Role: portal.RoleAgent}, desk.ListInput{Search: waID})
	require.NoError(b.t, err)
	require.Len(b.t, list.Conversations, 1)
	return list.Conversations[0].ID
}

func TestConnect(t *testing.T) {
	b := newBench(t)
	ann := b.signIn("ann@acme.test")
	t.Run("LIVE-1 refused with the reason", func(t *testing.T) {
		for token, code := range map[any]string{"": "token_missing", nil: "token_missing", "nonsense": "token_invalid", 5: "token_invalid", true: "token_invalid"} {
			p, _ := dial(t, b.url)
			require.JSONEq(t, `{"message":"unauthorized","data":{"code":"`+code+`"}}`, p.connect(map[string]any{"token": token})[1:])
		}
		out := b.signIn("ben@acme.test")
		require.NoError(t, b.auth.SignOut(t.Context(), out.Refresh))
		p, _ := dial(t, b.url)
		require.Contains(t, p.connect(map[string]any{"token": out.Access}), `"token_invalid"`)
	})
	t.Run("LIVE-2 session:ready with the position and an offset", func(t *testing.T) {
		b.receive("acme", "4915")
		p, _ := dial(t, b.url)
		p.connect(map[string]any{"token": ann.Access})
		e := p.event()
		require.Equal(t, "session:ready", e.Name)
		require.Equal(t, "acme", e.Body.TenantID)
		require.Equal(t, ownUser{ID: "ann", Email: "ann@acme.test", Name: "ann", Role: "agent", TenantID: "acme"}, e.Body.User)
		require.EqualValues(t, 2, e.Body.Seq)
		require.NotEmpty(t, e.offset())
	})
	t.Run("LIVE-3 what can't be served now closes the transport", func(t *testing.T) {
		b.away.Store(true)
		p, _ := dial(t, b.url)
		require.Equal(t, "closed", p.connect(map[string]any{"token": ann.Access}))
		b.away.Store(false)
	})
	t.Run("LIVE-4 a tenant hears only of its own", func(t *testing.T) {
		olga := b.online(b.signIn("olga@globex.test").Access)
		b.receive("acme", "4916")
		b.receive("globex", "777")
		events := olga.until("conversation:new")
		require.Equal(t, []int64{1}, seqs(events))
	})
}

func TestRooms(t *testing.T) {
	b := newBench(t)
	ann := b.online(b.signIn("ann@acme.test").Access)
	id := b.receive("acme", "4915") // 1, 2
	foreign := b.receive("globex", "777")
	conversation := func(id string) map[string]any { return map[string]any{"conversationId": id} }

	t.Run("LIVE-45 what no client of ours would send has an answer, and the connection goes on", func(t *testing.T) {
		with := func(member string) string { return fmt.Sprintf(`{"conversationId":%q,%s}`, id, member) }
		for _, c := range []struct{ event, code, body string }{
			{"conversation:join", "invalid", with(`"since":1e999`)},
			{"conversation:join", "invalid", with(`"since":1.5`)},
			{"conversation:join", "invalid", with(`"since":9223372036854775808`)},
			{"conversation:join", "invalid", with(`"since":[0]`)},
			{"conversation:join", "invalid", `[` + with(`"since":0`) + `]`},
			{"conversation:join", "not_found", `{"conversationId":"\u0000"}`},
			{"conversation:join", "not_found", `{"conversationId":"a\ud800"}`},
			{"conversation:join", "not_found", `{"conversationId":"` + strings.Repeat("x", 10_000) + `"}`},
			{"conversation:join", "not_found", `{"conversationId":"' OR 1=1 --"}`},
			{"conversation:leave", "not_found", `{"conversationId":"\u0000"}`},
			{"typing:start", "not_found", `{"conversationId":"\u0000"}`},
			{"auth:refresh", "invalid", `{"token":"\u0000"}`},
			{"auth:refresh", "invalid", `{"token":"` + strings.Repeat("x", 100_000) + `"}`},
			{`no\u0000such\ud800`, "invalid", `{}`},
			{"session:ping", "", `{"unknown":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`},
			{"session:ping", "", `null`},
		} {
			raw, _ := ann.askRaw(c.event, c.body)
			var a ack
			require.NoError(t, json.Unmarshal(raw, &a))
			require.Equal(t, c.code, a.Error.Code, "%s %.100s", c.event, c.body)
		}
		a, _ := ann.call("conversation:leave", conversation(id))
		require.True(t, a.OK)
	})
	t.Run("LIVE-45 a packet that is none closes the connection, and no other", func(t *testing.T) {
		for name, packet := range map[string]string{
			"invalid UTF-8":   "42[\"session:ping\",{\"a\":\"\xff\"}]",
			"nested too deep": `42["session:ping",` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `]`,
			"no JSON":         `42["session:ping",`,
			"no list":         `42{}`,
		} {
			p := b.online(b.signIn("ben@acme.test").Access)
			p.post(packet)
			_, open := p.next()
			require.False(t, open, name)
		}
		a, _ := ann.call("session:ping", map[string]any{})
		require.True(t, a.OK)
	})
	t.Run("LIVE-5 refusals have a code", func(t *testing.T) {
		for _, c := range []struct {
			event, code string
			body        any
		}{
			{"conversation:join", "not_found", conversation(foreign)},
			{"conversation:join", "not_found", conversation("none")},
			{"conversation:leave", "not_found", conversation(foreign)},
			{"typing:start", "not_found", conversation(foreign)},
			{"typing:start", "forbidden", conversation(id)},
			{"conversation:join", "invalid", map[string]any{}},
			{"conversation:join", "invalid", "text"},
			{"conversation:join", "invalid", map[string]any{"conversationId": 5}},
			{"conversation:join", "invalid", map[string]any{"conversationId": id, "since": -1}},
			{"conversation:join", "invalid", map[string]any{"conversationId": id, "since": 99}},
			{"conversation:join", "invalid", map[string]any{"conversationId": id, "since": "1"}},
			{"auth:refresh", "invalid", map[string]any{"token": "bad"}},
			{"no:such", "invalid", map[string]any{}},
		} {
			a, _ := ann.call(c.event, c.body)
			require.False(t, a.OK, c)
			require.Equal(t, c.code, a.Error.Code, "%v", c)
		}
		ann.post(`42["no:such",{}]`)
		a, _ := ann.call("session:ping", map[string]any{})
		require.True(t, a.OK)
		require.EqualValues(t, 2, a.Seq)
	})
	t.Run("LIVE-6 since replays before the ack, without offset", func(t *testing.T) {
		b.receive("acme", "4915") // 3: message, 4: updated
		a, before := ann.call("conversation:join", map[string]any{"conversationId": id, "since": 0})
		require.True(t, a.OK)
		require.EqualValues(t, 4, a.Seq)
		var replayed []event
		for _, e := range before {
			if e.Name == "message:new" {
				replayed = append(replayed, e)
				require.Empty(t, e.offset())
			}
		}
		require.Len(t, replayed, 2)
		b.receive("acme", "4915")
		require.Equal(t, []int64{5, 6}, seqs(ann.until("conversation:updated")), "live, once")
	})
	t.Run("LIVE-7 typing goes to the others of the room", func(t *testing.T) {
		ben, vic := b.online(b.signIn("ben@acme.test").Access), b.online(b.signIn("vic@acme.test").Access)
		for _, p := range []*peer{ben, vic} {
			a, _ := p.call("conversation:join", conversation(id))
			require.True(t, a.OK)
		}
		a, _ := vic.call("typing:start", conversation(id))
		require.Equal(t, "forbidden", a.Error.Code)
		a, before := ann.call("typing:start", conversation(id))
		require.True(t, a.OK)
		require.Empty(t, before)
		e := ben.event()
		require.Equal(t, "typing:start", e.Name)
		require.Empty(t, e.offset())
		require.JSONEq(t, `{"conversationId":"`+id+`","actor":{"type":"agent","id":"ann","name":"ann"}}`, string(e.Args[0]))
	})
	t.Run("LIVE-8, LIVE-32 after leave nothing of the room, and the ping tells the position all the same", func(t *testing.T) {
		a, _ := ann.call("conversation:leave", conversation(id))
		require.True(t, a.OK)
		b.receive("acme", "4915")
		heard := ann.until("conversation:updated")
		require.Equal(t, []string{"conversation:updated"}, names(heard))
		a, before := ann.call("session:ping", map[string]any{})
		require.True(t, a.OK)
		require.Equal(t, seqs(heard), []int64{a.Seq})
		require.Empty(t, before)
	})
	t.Run("LIVE-9 a burst of 1,000, and what the network brings with it", func(t *testing.T) {
		p := b.online(b.signIn("ben@acme.test").Access)
		var burst []string
		for i := range 2000 {
			burst = append(burst, fmt.Sprintf(`42%d["session:ping",{}]`, 1000+i))
		}
		p.post(burst...)
		_, before := p.call("session:ping", map[string]any{})
		require.Len(t, before, 2000)
		for _, e := range before[:1100] {
			require.NotContains(t, e.Packet, `"rate_limited"`)
		}
		require.Contains(t, before[1999].Packet, `"rate_limited"`)
	})
	t.Run("LIVE-9 too fast is an answer, not an end", func(t *testing.T) {
		var burst []string
		for i := range 100 {
			burst = append(burst, fmt.Sprintf(`42%d["typing:start",{"conversationId":%q}]`, 1000+i, id))
		}
		ann.post(burst...)
		a, before := ann.call("session:ping", map[string]any{})
		require.True(t, a.OK)
		require.Len(t, before, 100)
		for _, e := range before[:55] { // 40 are always allowed, and the tests above took a few
			require.NotContains(t, e.Packet, `"rate_limited"`)
		}
		require.Contains(t, before[99].Packet, `"rate_limited"`)
	})
}
