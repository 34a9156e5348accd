package rest_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/ops"
	"github.com/agentportal/portal/internal/rest"
)

// route is what a route answers to whom.
type route struct {
	// path leads to a thing of the tenant's; one without things is the same for all.
	path func(w *world, tenant string) string
	// none leads to a thing that doesn't exist; "" if the route is about no thing.
	none string
	body string // {who} becomes the caller's name
	// viewer, agent and admin are the statuses for a thing of one's own.
	viewer, agent, admin int
	// open needs no access token: anyone gets the status.
	open int
}

func plain(path string) func(*world, string) string {
	return func(*world, string) string { return path }
}

func conversationPath(suffix string) func(*world, string) string {
	return func(w *world, tenant string) string { return "/api/conversations/" + w.conversation[tenant] + suffix }
}

func letterPath(suffix string) func(*world, string) string {
	return func(_ *world, tenant string) string {
		return "/api/dead-letters/INBOUND/" + tenant + "-letter" + suffix
	}
}

// table has a row for every route of the API in the OpenAPI document; a route without one fails.
var table = map[string]route{
	"POST /api/auth/login":   {path: plain("/api/auth/login"), body: `{"email":"ann@acme.test","password":"correct horse"}`, open: 200},
	"POST /api/auth/refresh": {path: plain("/api/auth/refresh"), open: 401},
	"POST /api/auth/logout":  {path: plain("/api/auth/logout"), open: 401},
	"GET /api/auth/session":  {path: plain("/api/auth/session"), open: 200},
	"GET /api/openapi.json":  {path: plain("/api/openapi.json"), open: 200},
	"GET /api/asyncapi.json": {path: plain("/api/asyncapi.json"), open: 200},
	"GET /api/me":            {path: plain("/api/me"), viewer: 200, agent: 200, admin: 200},

	"GET /api/conversations":      {path: plain("/api/conversations?status=&assignee=&search=&sort=&cursor=&limit="), viewer: 200, agent: 200, admin: 200},
	"GET /api/conversations/{id}": {path: conversationPath(""), none: "/api/conversations/none", viewer: 200, agent: 200, admin: 200},
	"GET /api/contacts/{contactId}/conversations": {
		path: func(w *world, tenant string) string { return "/api/contacts/" + w.contact[tenant] + "/conversations" },
		none: "/api/contacts/none/conversations", viewer: 200, agent: 200, admin: 200},
	"GET /api/conversations/{id}/messages": {path: conversationPath("/messages"), none: "/api/conversations/none/messages", viewer: 200, agent: 200, admin: 200},
	"POST /api/conversations/{id}/messages": {path: conversationPath("/messages"), none: "/api/conversations/none/messages",
		body: `{"text":"Hello","clientId":"of-{who}"}`, viewer: 403, agent: 201, admin: 201},
	"POST /api/conversations/{id}/assign": {path: conversationPath("/assign"), none: "/api/conversations/none/assign",
		body: `{"userId":null}`, viewer: 403, agent: 200, admin: 200},
	"POST /api/conversations/{id}/status": {path: conversationPath("/status"), none: "/api/conversations/none/status",
		body: `{"status":"closed"}`, viewer: 403, agent: 200, admin: 200},
	"POST /api/conversations/{id}/read": {path: conversationPath("/read"), none: "/api/conversations/none/read", viewer: 403, agent: 200, admin: 200},

	"GET /api/media/{messageId}": {path: func(w *world, tenant string) string { return w.file(tenant, "image/png", "cat.png") }, none: "/api/media/none", viewer: 200, agent: 200, admin: 200},

	"GET /api/dashboard/metrics":        {path: plain("/api/dashboard/metrics"), viewer: 200, agent: 200, admin: 200},
	"GET /api/dashboard/message-volume": {path: plain("/api/dashboard/message-volume?period=7d"), viewer: 200, agent: 200, admin: 200},
	"GET /api/dashboard/delivery-stats": {path: plain("/api/dashboard/delivery-stats?period=30d"), viewer: 200, agent: 200, admin: 200},

	"GET /api/users": {path: plain("/api/users"), viewer: 200, agent: 200, admin: 200},
	"POST /api/users": {path: plain("/api/users"), body: `{"email":"new@{who}.test","name":"New","password":"long enough","role":"viewer"}`,
		viewer: 403, agent: 403, admin: 201},
	"PATCH /api/users/{id}": {path: func(_ *world, tenant string) string { return "/api/users/viv-" + tenant }, none: "/api/users/none",
		body: `{"name":"Vivian"}`, viewer: 403, agent: 403, admin: 200},

	"GET /api/settings":                {path: plain("/api/settings"), viewer: 200, agent: 200, admin: 200},
	"GET /api/settings/whatsapp":       {path: plain("/api/settings/whatsapp"), viewer: 403, agent: 403, admin: 200},
	"PUT /api/settings/whatsapp":       {path: plain("/api/settings/whatsapp"), body: `{"verifyToken":"another"}`, viewer: 403, agent: 403, admin: 200},
	"POST /api/settings/whatsapp/test": {path: plain("/api/settings/whatsapp/test"), viewer: 403, agent: 403, admin: 200},

	"GET /api/dead-letters": {path: plain("/api/dead-letters"), viewer: 403, agent: 403, admin: 200},
	"POST /api/dead-letters/{queue}/{key}/republish": {path: letterPath("/republish"), none: "/api/dead-letters/INBOUND/none/republish",
		viewer: 403, agent: 403, admin: 204},
	"DELETE /api/dead-letters/{queue}/{key}": {path: letterPath(""), none: "/api/dead-letters/INBOUND/none", viewer: 403, agent: 403, admin: 204},
}

func TestEveryRouteHasARow(t *testing.T) {
	t.Run("REST-1 what is registered is in the table, documented or not", func(t *testing.T) {
		registered := rest.Patterns(rest.Config{DeadLetters: &ops.DeadLetters{}})
		require.ElementsMatch(t, slices.Collect(maps.Keys(table)), registered, "a new route needs a row")
	})
	t.Run("REST-1 every route × role × thing", func(t *testing.T) {
		documented := map[string]bool{}
		for path, item := range newWorld(t).document("/api/openapi.json")["paths"].(map[string]any) {
			if !strings.HasPrefix(path, "/api/") {
				continue // answered by others
			}
			for method := range item.(map[string]any) {
				documented[strings.ToUpper(method)+" "+path] = true
			}
		}
		for name := range table {
			require.True(t, documented[name], "the table has %s, which isn't documented", name)
		}
		for name := range documented {
			require.Contains(t, table, name, "a new route needs a row")
			if strings.Contains(name, "{") {
				require.NotEmpty(t, table[name].none, name)
			}
		}
	})
}

func TestRoutes(t *testing.T) {
	for name, row := range table {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := w.document("/api/openapi.json")
			method, pattern, _ := strings.Cut(name, " ")
			call := func(who, path string) reply {
				t.Helper()
				body := strings.ReplaceAll(row.body, "{who}", strings.ReplaceAll(who, "@", "-"))
				r := w.do(request{method: method, path: path, body: body, token: w.token(who)})
				d.answers(t, method, pattern, r)
				return r
			}
			own := row.path(w, "acme")
			if row.open != 0 {
				require.Equal(t, row.open, call("", own).status)
				return
			}
			t.Run("REST-2 no token, and a bad one, are 401", func(t *testing.T) {
				require.Equal(t, "token_missing", isProblem(t, call("", own), 401)["reason"])
				r := w.do(request{method: method, path: own, body: row.body, token: "x.y.z"})
				require.Equal(t, "token_invalid", isProblem(t, r, 401)["reason"])
				require.Equal(t, `Bearer error="invalid_token"`, r.header.Get("WWW-Authenticate"))
			})
			for _, who := range []string{"viv@acme", "ben@acme", "ann@acme"} {
				if row.none != "" {
					t.Run("REST-3 REST-4 another tenant's looks like what doesn't exist, before a 403: "+who, func(t *testing.T) {
						missing, foreign := call(who, row.none), call(who, row.path(w, "globex"))
						isProblem(t, missing, http.StatusNotFound)
						require.Equal(t, string(missing.raw), string(foreign.raw))
						require.Equal(t, missing.status, foreign.status)
					})
				}
				if row.none != "" && row.body != "" {
					t.Run("REST-4 whatever is wrong with the body: "+who, func(t *testing.T) {
						for _, bad := range []string{"{", "{}", "[]"} {
							ask := func(path string) reply {
								return w.do(request{method: method, path: path, body: bad, token: w.token(who)})
							}
							isProblem(t, ask(row.none), http.StatusNotFound)
							isProblem(t, ask(row.path(w, "globex")), http.StatusNotFound)
							if want := map[string]int{"viv": row.viewer, "ben": row.agent}[who[:3]]; want == http.StatusForbidden {
								isProblem(t, ask(own), http.StatusForbidden)
							}
						}
					})
				}
				t.Run("REST-5 by role: "+who, func(t *testing.T) {
					want := map[string]int{"viv": row.viewer, "ben": row.agent, "ann": row.admin}[who[:3]]
					require.Equal(t, want, call(who, own).status)
				})
			}
			t.Run("REST-3 nothing of the other tenant has changed or is shown", func(t *testing.T) {
				for _, path := range []string{"/api/conversations", "/api/users", "/api/settings/whatsapp", "/api/dead-letters"} {
					untouched := w.do(request{method: http.MethodGet, path: path, token: w.token("ann@globex")})
					require.Equal(t, http.StatusOK, untouched.status)
					require.NotContains(t, string(untouched.raw), "acme")
					require.NotContains(t, string(w.get(path).raw), "globex")
				}
			})
		})
	}
}

// isDocument tells of what is served as it is, to anyone.
func isDocument(name string) bool { return strings.HasSuffix(name, ".json") }

func TestDatabaseAway(t *testing.T) {
	w := newWorld(t)
	d := w.document("/api/openapi.json")
	require.Equal(t, http.StatusOK, w.get("/api/me").status) // who ann is, is remembered for a moment
	paths := map[string]string{}
	for name, row := range table {
		paths[name] = row.path(w, "acme")
	}
	w.store.away.Store(true)
	for name, row := range table {
		if slices.Contains([]string{"GET /api/settings", "GET /api/auth/session", "POST /api/auth/refresh", "POST /api/auth/logout"}, name) || isDocument(name) {
			continue // need no database, or none without a cookie
		}
		t.Run(fmt.Sprintf("REST-6 503 while the database is away: %s", name), func(t *testing.T) {
			method, pattern, _ := strings.Cut(name, " ")
			body := strings.ReplaceAll(row.body, "{who}", "ann")
			r := w.do(request{method: method, path: paths[name], body: body, token: w.token("ann@acme")})
			require.Equal(t, "unavailable", isProblem(t, r, http.StatusServiceUnavailable)["code"])
			require.Equal(t, "1", r.header.Get("Retry-After"))
			d.answers(t, method, pattern, r)
		})
	}
	t.Run("REST-6 503, not 401, where the cookie or token can't be checked", func(t *testing.T) {
		cookie := http.Header{"Cookie": {"portal_refresh=anything"}}
		isProblem(t, w.do(request{method: http.MethodPost, path: "/api/auth/refresh", header: cookie}), http.StatusServiceUnavailable)
		isProblem(t, w.do(request{method: http.MethodPost, path: "/api/auth/logout", header: cookie}), http.StatusServiceUnavailable)
		isProblem(t, w.do(request{method: http.MethodGet, path: "/api/settings", token: w.token("ben@acme")}), http.StatusServiceUnavailable)
	})
}
