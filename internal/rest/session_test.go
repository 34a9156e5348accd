package rest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/rest"
)

func login(user, pass string) string {
	body, err := json.Marshal(map[string]string{"email": user, "password": pass})
	if err != nil {
		panic(err)
	}
	return string(body)
}

func (w *world) signIn(header http.Header) reply {
	w.t.Helper()
	return w.do(request{method: http.MethodPost, path: "/api/auth/login", body: login("ann@acme.test", password), header: header})
}

// cookie takes the refresh cookie out of an answer, and gives the header that sends it back.
func cookie(t *testing.T, r reply) (*http.Cookie, http.Header) {
	t.Helper()
	c, err := http.ParseSetCookie(r.header.Get("Set-Cookie"))
	require.NoError(t, err)
	return c, http.Header{"Cookie": {c.Name + "=" + c.Value}}
}

func (w *world) auths(call string, header http.Header) reply {
	w.t.Helper()
	return w.do(request{method: http.MethodPost, path: "/api/auth/" + call, header: header})
}

func TestSession(t *testing.T) {
	w := newWorld(t)
	t.Run("REST-20 signing in answers a token and sets the cookie", func(t *testing.T) {
		r := w.signIn(nil)
		require.Equal(t, 200, r.status)
		body := r.json(t)
		require.Equal(t, map[string]any{"id": "ann-acme", "email": "ann@acme.test", "name": "Ann", "role": "admin", "tenantId": "acme", "tenantName": "ACME"}, body["user"])
		require.Equal(t, "2026-01-01T12:15:00.000Z", body["expiresAt"])
		require.Equal(t, 200, w.do(request{method: http.MethodGet, path: "/api/me", token: body["accessToken"].(string)}).status)
		c, _ := cookie(t, r)
		require.Equal(t, "/api/auth", c.Path)
		require.True(t, c.HttpOnly)
		require.Equal(t, http.SameSiteStrictMode, c.SameSite)
		require.Equal(t, int((720 * time.Hour).Seconds()), c.MaxAge)
		require.False(t, c.Secure, "plain HTTP")
		require.NotContains(t, string(r.raw), c.Value, "the refresh token is in the cookie only")
	})
	t.Run("REST-29 a page can ask whether its cookie is worth a token, without a 401 in its console", func(t *testing.T) {
		ask := func(header http.Header) any {
			r := w.do(request{method: http.MethodGet, path: "/api/auth/session", header: header})
			require.Equal(t, 200, r.status)
			return r.json(t)["session"]
		}
		_, header := cookie(t, w.signIn(nil))
		require.Equal(t, true, ask(header))
		require.Equal(t, true, ask(header), "asking takes nothing")
		require.Equal(t, 200, w.auths("refresh", header).status)
		require.Equal(t, false, ask(nil))
		require.Equal(t, false, ask(http.Header{"Cookie": {"portal_refresh=guess"}}))
		_, header = cookie(t, w.signIn(nil))
		require.Equal(t, 204, w.auths("logout", header).status)
		require.Equal(t, false, ask(header), "a session that is over is none")
	})
	t.Run("REST-20 the cookie is Secure behind TLS", func(t *testing.T) {
		c, _ := cookie(t, w.signIn(http.Header{"X-Forwarded-Proto": {"https, http"}}))
		require.True(t, c.Secure)
		always := newWorld(t, func(c *rest.Config) { c.Secure = true })
		c, _ = cookie(t, always.signIn(nil))
		require.True(t, c.Secure)
	})
	t.Run("REST-21 a wrong password and an unknown email get the same answer", func(t *testing.T) {
		wrong := w.do(request{method: http.MethodPost, path: "/api/auth/login", body: login("ann@acme.test", "wrong")})
		unknown := w.do(request{method: http.MethodPost, path: "/api/auth/login", body: login("nobody@acme.test", "wrong")})
		isProblem(t, wrong, 401)
		require.Equal(t, string(wrong.raw), string(unknown.raw))
		require.Empty(t, wrong.header.Get("Set-Cookie"))
	})
	t.Run("REST-22 the cookie is worth a new token, and is replaced", func(t *testing.T) {
		first, header := cookie(t, w.signIn(nil))
		r := w.auths("refresh", header)
		require.Equal(t, 200, r.status)
		require.NotEmpty(t, r.json(t)["accessToken"])
		second, _ := cookie(t, r)
		require.NotEqual(t, first.Value, second.Value)
	})
	t.Run("REST-23 signing out refuses the session's tokens and forgets the cookie", func(t *testing.T) {
		in := w.signIn(nil)
		_, header := cookie(t, in)
		out := w.auths("logout", header)
		require.Equal(t, 204, out.status)
		require.Empty(t, out.raw)
		gone, _ := cookie(t, out)
		require.Negative(t, gone.MaxAge)
		require.Equal(t, "/api/auth", gone.Path)
		r := w.do(request{method: http.MethodGet, path: "/api/me", token: in.json(t)["accessToken"].(string)})
		require.Equal(t, "token_invalid", isProblem(t, r, 401)["reason"])
		isProblem(t, w.auths("refresh", header), 401)
	})
	t.Run("REST-24 no cookie, or one of nobody, is 401", func(t *testing.T) {
		for _, header := range []http.Header{nil, {"Cookie": {"portal_refresh="}}, {"Cookie": {"portal_refresh=guess"}}, {"Cookie": {"other=x"}}} {
			isProblem(t, w.auths("refresh", header), 401)
			isProblem(t, w.auths("logout", header), 401)
		}
	})
	t.Run("REST-25 an expired token is told apart", func(t *testing.T) {
		token := w.signIn(nil).json(t)["accessToken"].(string)
		w.pass(15*time.Minute + time.Second)
		r := w.do(request{method: http.MethodGet, path: "/api/me", token: token})
		require.Equal(t, "token_expired", isProblem(t, r, 401)["reason"])
	})
}

func TestForeignSites(t *testing.T) {
	w := newWorld(t, func(c *rest.Config) { c.AllowedOrigins = []string{"https://desk.example"} })
	_, session := cookie(t, w.signIn(nil))
	foreign := []http.Header{
		{"Origin": {"https://evil.example"}},
		{"Origin": {"null"}},
		{"Origin": {"http://example.com.evil.example"}},
		{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}},
		{"Sec-Fetch-Site": {"cross-site"}},
	}
	for _, header := range foreign {
		t.Run(fmt.Sprintf("REST-26 another site can't use the cookie: %v", header), func(t *testing.T) {
			isProblem(t, w.signIn(header), 403)
			header["Cookie"] = session["Cookie"]
			isProblem(t, w.auths("refresh", header), 403)
			isProblem(t, w.auths("logout", header), 403)
		})
	}
	t.Run("REST-26 the portal's own page can, and those of allowed origins", func(t *testing.T) {
		for _, header := range []http.Header{
			{"Origin": {"http://example.com"}}, // what httptest calls us
			{"Origin": {"http://example.com"}, "Sec-Fetch-Site": {"same-origin"}},
			{"Origin": {"https://desk.example"}, "Sec-Fetch-Site": {"cross-site"}},
		} {
			require.Equal(t, 200, w.signIn(header).status)
		}
	})
}

func TestCORS(t *testing.T) {
	w := newWorld(t, func(c *rest.Config) { c.AllowedOrigins = []string{"https://desk.example"} })
	preflight := func(origin string) reply {
		return w.do(request{method: http.MethodOptions, path: "/api/conversations", header: http.Header{
			"Origin": {origin}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"authorization"}}})
	}
	t.Run("REST-27 an allowed origin is granted what it asks, with credentials", func(t *testing.T) {
		r := preflight("https://desk.example")
		require.Equal(t, 204, r.status)
		require.Equal(t, "https://desk.example", r.header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "true", r.header.Get("Access-Control-Allow-Credentials"))
		require.Contains(t, r.header.Get("Access-Control-Allow-Headers"), "Authorization")
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			require.Contains(t, r.header.Get("Access-Control-Allow-Methods"), method)
		}
		r = w.do(request{method: http.MethodGet, path: "/api/me", header: http.Header{"Origin": {"https://desk.example"}}})
		require.Equal(t, "https://desk.example", r.header.Get("Access-Control-Allow-Origin"), "on errors too")
		require.Equal(t, "Origin", r.header.Get("Vary"))
	})
	t.Run("REST-28 a foreign origin gets no grant", func(t *testing.T) {
		for _, origin := range []string{"https://evil.example", "null", "https://desk.example.evil", "http://desk.example", "https://DESK.example:444"} {
			r := preflight(origin)
			isProblem(t, r, 403)
			require.Empty(t, r.header.Get("Access-Control-Allow-Origin"))
			r = w.do(request{method: http.MethodGet, path: "/api/me", token: w.token("ann@acme"), header: http.Header{"Origin": {origin}}})
			require.Empty(t, r.header.Get("Access-Control-Allow-Origin"))
			require.Empty(t, r.header.Get("Access-Control-Allow-Credentials"))
		}
	})
}

func TestSignInLimits(t *testing.T) {
	t.Run("REST-30 10 failures for one email, then 429 with Retry-After, whoever knows the password", func(t *testing.T) {
		w := newWorld(t)
		for i := range 10 {
			isProblem(t, w.do(request{method: http.MethodPost, path: "/api/auth/login", body: login("ann@acme.test", fmt.Sprint(i)), addr: fmt.Sprintf("192.0.2.%d:1", i)}), 401)
		}
		r := w.do(request{method: http.MethodPost, path: "/api/auth/login", body: login("ann@acme.test", password), addr: "192.0.2.99:1"})
		isProblem(t, r, 429)
		require.Equal(t, "600", r.header.Get("Retry-After"))
		require.Equal(t, 200, w.do(request{method: http.MethodPost, path: "/api/auth/login", body: login("ben@acme.test", password), addr: "192.0.2.99:1"}).status)
	})
	t.Run("REST-31 60 sign-ins a minute from one address, whatever it says of itself", func(t *testing.T) {
		w := newWorld(t)
		w.store.away.Store(true) // so that no password is looked at, which is slow on purpose
		try := func(i int, addr string) reply {
			return w.do(request{method: http.MethodPost, path: "/api/auth/login", body: login(fmt.Sprintf("u%d@x.test", i), "p"), addr: addr,
				header: http.Header{"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", i)}}})
		}
		for i := range 60 {
			isProblem(t, try(i, "198.51.100.7:1"), 503)
		}
		r := try(60, "198.51.100.7:2")
		isProblem(t, r, 429)
		require.Equal(t, "60", r.header.Get("Retry-After"))
		isProblem(t, try(61, "198.51.100.8:1"), 503)
		w.pass(time.Minute)
		isProblem(t, try(62, "198.51.100.7:1"), 503)
	})
}

func TestClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for name, row := range map[string]struct{ peer, forwarded, want string }{
		"no proxy":                         {"192.0.2.1:5", "", "192.0.2.1"},
		"a stranger's word isn't believed": {"192.0.2.1:5", "203.0.113.9", "192.0.2.1"},
		"a proxy's is":                     {"10.1.2.3:5", "203.0.113.9", "203.0.113.9"},
		"what a client wrote itself isn't": {"10.1.2.3:5", "1.1.1.1, 203.0.113.9", "203.0.113.9"},
		"a chain of proxies":               {"10.1.2.3:5", "1.1.1.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"},
		"nonsense ends it":                 {"10.1.2.3:5", "203.0.113.9, nonsense", "10.1.2.3"},
		"IPv6":                             {"[::1]:5", "2001:db8::1", "2001:db8::1"},
		"IPv4 in IPv6":                     {"[::ffff:10.1.2.3]:5", "::ffff:203.0.113.9", "203.0.113.9"},
	} {
		t.Run("REST-32 "+name, func(t *testing.T) {
			require.Equal(t, row.want, rest.ClientAddress(proxies, row.peer, row.forwarded))
		})
	}
}
