package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/door"
	"github.com/agentportal/portal/internal/ops"
	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/rest"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "correct horse"

// hash is made once: it is slow on purpose.
var hash = sync.OnceValues(func() (string, error) { return auth.HashPassword(password) })

// world is a portal with two tenants, acme and globex, that look alike: an admin, an agent, a viewer, and one
// conversation with two messages from the customer.
type world struct {
	t       *testing.T
	store   *troubled
	desk    *desk.Desk
	auth    *auth.Auth
	letters *letters
	handler http.Handler
	clock   atomic.Int64 // milliseconds
	ids     atomic.Int64

	conversation, contact map[string]string // tenant → id
	tokens                map[string]string // user → access token
}

// troubled is a database that can be taken away.
type troubled struct {
	store.Store
	away   atomic.Bool
	broken atomic.Bool // fails with what nobody expects
}

var (
	errAway   = portal.Errorf(portal.Unavailable, "the database is away")
	errBroken = errors.New("a detail of the database's")
)

func (s *troubled) trouble() error {
	switch {
	case s.away.Load():
		return errAway
	case s.broken.Load():
		return errBroken
	}
	return nil
}

func (s *troubled) View(ctx context.Context, tenant string, fn func(store.ReadTx) error) error {
	if err := s.trouble(); err != nil {
		return err
	}
	return s.Store.View(ctx, tenant, fn)
}

func (s *troubled) Update(ctx context.Context, tenant string, fn func(store.Tx) error) error {
	if err := s.trouble(); err != nil {
		return err
	}
	return s.Store.Update(ctx, tenant, fn)
}

func (s *troubled) UserByEmail(ctx context.Context, email string) (portal.User, error) {
	if err := s.trouble(); err != nil {
		return portal.User{}, err
	}
	return s.Store.UserByEmail(ctx, email)
}

func (s *troubled) AuthSessionByRefresh(ctx context.Context, hash []byte) (store.AuthSession, error) {
	if err := s.trouble(); err != nil {
		return store.AuthSession{}, err
	}
	return s.Store.AuthSessionByRefresh(ctx, hash)
}

func (s *troubled) AuthSession(ctx context.Context, id string) (store.AuthSession, error) {
	if err := s.trouble(); err != nil {
		return store.AuthSession{}, err
	}
	return s.Store.AuthSession(ctx, id)
}

func (s *troubled) Tenants(ctx context.Context) ([]portal.Tenant, error) {
	if err := s.trouble(); err != nil {
		return nil, err
	}
	return s.Store.Tenants(ctx)
}

// began is the time at which every world begins.
var began = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// seeded is a populated database, made once: passwords are slow on purpose.
var seeded = sync.OnceValue(func() *seed {
	s := &seed{conversation: map[string]string{}, contact: map[string]string{}, tokens: map[string]string{}}
	s.err = s.populate()
	return s
})

type seed struct {
	err                   error
	file                  []byte
	ids                   int64
	conversation, contact map[string]string // tenant → id
	tokens                map[string]string // user → access token
}

var secret = bytes.Repeat([]byte("s"), 32)

// populate makes the tenants, and a token for each of their users: ann@acme is an admin, ben@acme an agent, viv@acme a
// viewer.
func (s *seed) populate() (err error) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "rest")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "portal.db")
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return err
	}
	err = db.Migrate(ctx)
	now := func() time.Time { return began }
	d := desk.New(desk.Config{Store: db, Now: now, HashPassword: func(string) (string, error) { return hash() },
		NewID: func() string { s.ids++; return fmt.Sprintf("id-%d", s.ids) }})
	a, authErr := auth.New(ctx, auth.Config{Store: db, Secret: secret, Now: now})
	err = errors.Join(err, authErr)
	for i, tenant := range []string{"acme", "globex"} {
		err = errors.Join(err, s.addTenant(ctx, d, a, tenant, 1055+i))
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	s.file, err = os.ReadFile(path)
	return err
}

func (s *seed) addTenant(ctx context.Context, d *desk.Desk, a *auth.Auth, tenant string, number int) error {
	people := map[string]portal.Role{"ann": portal.RoleAdmin, "ben": portal.RoleAgent, "viv": portal.RoleViewer}
	t := desk.SeedTenant{Tenant: portal.Tenant{ID: tenant, Name: strings.ToUpper(tenant), WhatsApp: portal.WhatsApp{
		PhoneNumberID: fmt.Sprint(number), DisplayPhoneNumber: "+1 555 0100", AccessToken: "access-token-of-" + tenant,
		AppSecret: "app-secret-of-" + tenant, VerifyToken: "verify-" + tenant}}}
	for _, name := range []string{"ann", "ben", "viv"} {
		t.Users = append(t.Users, desk.SeedUser{ID: name + "-" + tenant, Email: email(name, tenant), Password: password,
			Name: strings.ToUpper(name[:1]) + name[1:], Role: people[name]})
	}
	if err := d.Seed(ctx, desk.Seed{Tenants: []desk.SeedTenant{t}}); err != nil {
		return err
	}
	at := portal.At(began.Add(-time.Minute))
	for n, text := range []string{"Hello", "Anyone there?"} {
		errs := d.Receive(ctx, tenant, []desk.Inbound{{TenantID: tenant, WAMID: fmt.Sprintf("wamid.%s.%d", tenant, n),
			WaID: "919876543210", ContactName: "John Doe", At: at, Type: portal.TypeText, Text: text}})
		if errs[0] != nil {
			return errs[0]
		}
	}
	for name := range people {
		tokens, err := a.SignIn(ctx, email(name, tenant), password, "192.0.2.1")
		if err != nil {
			return err
		}
		s.tokens[name+"@"+tenant] = tokens.Access
	}
	page, err := d.Conversations(ctx, portal.Identity{TenantID: tenant, UserID: "ann-" + tenant, Role: portal.RoleAdmin}, desk.ListInput{})
	if err != nil {
		return err
	}
	s.conversation[tenant], s.contact[tenant] = page.Conversations[0].ID, page.Conversations[0].Contact.ID
	return nil
}

func newWorld(t *testing.T, change ...func(*rest.Config)) *world {
	t.Helper()
	s := seeded()
	require.NoError(t, s.err)
	ctx := t.Context()
	w := &world{t: t, conversation: s.conversation, contact: s.contact, tokens: s.tokens}
	w.clock.Store(began.UnixMilli())
	w.ids.Store(s.ids)
	path := filepath.Join(t.TempDir(), "portal.db")
	require.NoError(t, os.WriteFile(path, s.file, 0o600))
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Migrate(ctx))
	w.store = &troubled{Store: db}
	w.desk = desk.New(desk.Config{Store: w.store, Now: w.now, NewID: w.id, HashPassword: func(string) (string, error) { return hash() }})
	w.auth, err = auth.New(ctx, auth.Config{Store: w.store, Secret: secret, Now: w.now})
	require.NoError(t, err)
	w.letters = &letters{kept: map[string]queue.DeadLetter{}}
	for _, tenant := range []string{"acme", "globex"} {
		w.letters.put("INBOUND", tenant+"-letter", fmt.Sprintf(`{"tenantId":%q,"wamid":"wamid.X"}`, tenant), "wa_id is missing")
	}

	config := rest.Config{Desk: w.desk, Auth: w.auth, Now: w.now, Version: "test",
		DeadLetters: ops.NewDeadLetters(w.letters, w.store, "INBOUND"),
		Shown:       rest.Settings{LogRetentionSeconds: 259_200},
		OpenMedia:   provided,
		TestChannel: func(_ context.Context, c portal.WhatsApp) (string, error) { return "Acme at " + c.PhoneNumberID, nil }}
	for _, fn := range change {
		fn(&config)
	}
	w.documented(&config)
	w.handler = door.New(rest.New(config)) // as it is served
	return w
}

// documented holds every answer that a test gets to the document: its status stands there. An answer without a route is
// that of no operation.
func (w *world) documented(c *rest.Config) {
	var mu sync.Mutex
	seen := map[string]bool{}
	next := c.Observe
	c.Observe = func(method, route string, status int, took time.Duration) {
		if method == http.MethodHead {
			method = http.MethodGet
		}
		if route != "" {
			mu.Lock()
			seen[fmt.Sprintf("%s %s %d", method, route, status)] = true
			mu.Unlock()
		}
		if next != nil {
			next(method, route, status, took)
		}
	}
	w.t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		document := statusesOf(w.t)
		for answer := range seen {
			assert.True(w.t, document[answer], "REST-66: %s isn't documented", answer)
		}
	})
}

// statusesOf are the answers in the golden document, which is held to the served one: "GET /api/me 200".
func statusesOf(t *testing.T) map[string]bool {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(documents, "openapi.json"))
	require.NoError(t, err)
	var d struct {
		Paths map[string]map[string]struct{ Responses map[string]json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(content, &d))
	all := map[string]bool{}
	for path, item := range d.Paths {
		for method, op := range item {
			for status := range op.Responses {
				all[fmt.Sprintf("%s %s %s", strings.ToUpper(method), path, status)] = true
			}
		}
	}
	return all
}

func (w *world) now() time.Time          { return time.UnixMilli(w.clock.Load()).UTC() }
func (w *world) pass(d time.Duration)    { w.clock.Add(d.Milliseconds()) }
func (w *world) id() string              { return fmt.Sprintf("id-%d", w.ids.Add(1)) }
func email(user, tenant string) string   { return user + "@" + tenant + ".test" }
func (w *world) token(who string) string { return w.tokens[who] }

// reply is an HTTP answer, read.
type reply struct {
	status int
	header http.Header
	raw    []byte
}

func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal(r.raw, &v), string(r.raw))
	return v
}

// request is a call as a test writes it.
type request struct {
	method, path, body string
	token              string // "" sends none
	header             http.Header
	addr               string
	chunked            bool // the body's length isn't announced
}

func (w *world) do(q request) reply {
	w.t.Helper()
	var in io.Reader
	if q.body != "" {
		in = strings.NewReader(q.body)
	}
	if q.chunked {
		in = struct{ io.Reader }{in}
	}
	r := httptest.NewRequestWithContext(w.t.Context(), q.method, q.path, in)
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if q.token != "" {
		r.Header.Set("Authorization", "Bearer "+q.token)
	}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if q.addr != "" {
		r.RemoteAddr = q.addr
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return reply{status: rec.Code, header: rec.Result().Header, raw: rec.Body.Bytes()}
}

// get calls as ann of acme, the admin.
func (w *world) get(path string) reply {
	w.t.Helper()
	return w.do(request{method: http.MethodGet, path: path, token: w.token("ann@acme")})
}

func (w *world) post(path, body string) reply {
	w.t.Helper()
	return w.do(request{method: http.MethodPost, path: path, body: body, token: w.token("ann@acme")})
}

// isProblem checks that an answer is a problem document of the given status.
func isProblem(t *testing.T, r reply, status int) map[string]any {
	t.Helper()
	require.Equal(t, status, r.status, string(r.raw))
	require.Equal(t, "application/problem+json", r.header.Get("Content-Type"))
	p := r.json(t)
	require.Equal(t, "about:blank", p["type"])
	require.Equal(t, http.StatusText(status), p["title"])
	require.EqualValues(t, status, p["status"])
	require.NotEmpty(t, p["code"])
	return p
}

// letters are dead letters in memory.
type letters struct {
	mu   sync.Mutex
	kept map[string]queue.DeadLetter
	away bool
}

func (l *letters) put(name, key, body, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept[key] = queue.DeadLetter{Message: queue.Message{Body: []byte(body)}, Key: key, Queue: name, Reason: reason,
		At: time.Date(2026, 1, 1, 11, 0, 0, 0, time.UTC)}
}

func (l *letters) Put(_ context.Context, name string, m queue.Message, reason string) error {
	l.put(name, m.ID, string(m.Body), reason)
	return nil
}

func (l *letters) List(_ context.Context, _ string, _ int) ([]queue.DeadLetter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return nil, queue.ErrUnavailable
	}
	var all []queue.DeadLetter
	for _, letter := range l.kept {
		all = append(all, letter)
	}
	return all, nil
}

func (l *letters) Count(context.Context, string) (int, error) { return len(l.kept), nil }

func (l *letters) Republish(ctx context.Context, name, key string) error {
	return l.Discard(ctx, name, key)
}

func (l *letters) Discard(_ context.Context, _, key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.kept[key]; !ok {
		return queue.ErrNotFound
	}
	delete(l.kept, key)
	return nil
}
