package rest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// withBody are the routes that take a body, with the names of its members, from the document.
func withBody(t *testing.T, d doc) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	for path, item := range d["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			if ref, ok := at(op, "requestBody", "content", "application/json", "schema", "$ref").(string); ok {
				found[strings.ToUpper(method)+" "+path] = at(d.resolve(t, ref), "properties").(map[string]any)
			}
		}
	}
	require.Len(t, found, 7, "routes with a body")
	return found
}

// with replaces one member of a JSON object, as text: the value needn't be JSON that Go could write.
func with(t *testing.T, body, member, value string) string {
	t.Helper()
	members := map[string]json.RawMessage{}
	require.NoError(t, json.Unmarshal([]byte(body), &members))
	delete(members, member)
	parts := []string{fmt.Sprintf("%q:%s", member, value)}
	for name, v := range members {
		parts = append(parts, fmt.Sprintf("%q:%s", name, v))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestBadBodies(t *testing.T) {
	w := newWorld(t)
	deep := strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)
	bodies := []struct {
		rule, name, body string
		status           int
	}{
		{"REST-10", "cut off", `{"text":"Hello"`, 400},
		{"REST-10", "no JSON", `text=Hello`, 400},
		{"REST-10", "two values", `{} {}`, 400},
		{"REST-10", "a NaN", `{"text":NaN}`, 400},
		{"REST-10", "nothing", ``, 400},
		{"REST-10", "invalid UTF-8", "{\"text\":\"\xff\"}", 400},
		{"REST-10", "a raw U+0000", "{\"text\":\"\x00\"}", 400},
		{"REST-10", "nested too deep", deep, 400},
		{"REST-11", "an array", `[]`, 422},
		{"REST-11", "a text", `"Hello"`, 422},
		{"REST-11", "null", `null`, 422},
		{"REST-12", "more than 1 MiB", `{"text":"` + strings.Repeat("a", 1<<20) + `"}`, 413},
	}
	for name, members := range withBody(t, w.document("/api/openapi.json")) {
		w, row := newWorld(t), table[name]
		method, _, _ := strings.Cut(name, " ")
		good := strings.ReplaceAll(row.body, "{who}", "bad")
		call := func(body string, header http.Header) reply {
			t.Helper()
			return w.do(request{method: method, path: row.path(w, "acme"), body: body, token: w.token("ann@acme"), header: header})
		}
		for _, bad := range bodies {
			t.Run(fmt.Sprintf("%s %s: %s", bad.rule, name, bad.name), func(t *testing.T) {
				isProblem(t, call(bad.body, nil), bad.status)
			})
		}
		for member := range members {
			for kind, value := range map[string]string{"a number": "12", "a huge number": "1e999", "a list": `["a"]`, "an object": `{"a":1}`, "too long": `"` + strings.Repeat("x", 5000) + `"`} {
				t.Run(fmt.Sprintf("REST-11 %s: %s is %s", name, member, kind), func(t *testing.T) {
					p := isProblem(t, call(with(t, good, member, value), nil), 422)
					require.NotContains(t, fmt.Sprint(p), "xxxx", "values aren't repeated")
				})
			}
		}
		t.Run("REST-13 "+name+": only JSON is taken, and only as it is", func(t *testing.T) {
			isProblem(t, call(good, http.Header{"Content-Type": {"text/plain"}}), 415)
			isProblem(t, call(good, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}), 415)
			isProblem(t, call(good, http.Header{"Content-Encoding": {"gzip"}}), 415)
			odd := http.Header{"Content-Type": {"Application/JSON ; Charset=UTF-8"}, "Content-Encoding": {"Identity"}}
			require.NotEqual(t, 415, call("{}", odd).status, "in any case")
		})
		t.Run("REST-14 "+name+": a member's name in another case is another name", func(t *testing.T) {
			fresh := newWorld(t)
			shouted := good
			for member := range members {
				shouted = with(t, shouted, strings.ToUpper(member), `["another type"]`)
			}
			r := fresh.do(request{method: method, path: row.path(fresh, "acme"), body: shouted, token: fresh.token("ann@acme")})
			require.Contains(t, []int{200, 201}, r.status, string(r.raw))
		})
		t.Run("REST-14 "+name+": of members of one name the last counts, whatever the others are", func(t *testing.T) {
			fresh := newWorld(t)
			double := good
			for member := range members {
				if strings.Contains(good, `"`+member+`"`) {
					double = fmt.Sprintf(`{%q:["another type"],`, member) + double[1:]
				}
			}
			r := fresh.do(request{method: method, path: row.path(fresh, "acme"), body: double, token: fresh.token("ann@acme")})
			require.Contains(t, []int{200, 201}, r.status, string(r.raw))
		})
		t.Run("REST-14 "+name+": unknown members are ignored, however deep", func(t *testing.T) {
			nested := strings.Repeat(`[`, 1000) + strings.Repeat(`]`, 1000)
			r := call(with(t, good, "somethingNew", nested), http.Header{"Content-Type": {"application/json; charset=utf-8"}})
			require.Contains(t, []int{200, 201}, r.status, string(r.raw))
		})
	}
	t.Run("REST-13 where there is no body, nothing is packed", func(t *testing.T) {
		header := http.Header{"Content-Encoding": {"gzip"}, "Content-Type": {"text/plain"}}
		require.Equal(t, 200, w.do(request{method: http.MethodGet, path: "/api/me", token: w.token("ann@acme"), header: header}).status)
		require.Equal(t, 200, w.do(request{method: http.MethodPost, path: "/api/conversations/" + w.conversation["acme"] + "/read", token: w.token("ann@acme"), header: header}).status)
	})
	t.Run("REST-12 exactly 1 MiB is taken", func(t *testing.T) {
		body := `{"text":"Hi","clientId":"filled","fill":""}`
		body = strings.Replace(body, `"fill":""`, `"fill":"`+strings.Repeat("a", 1<<20-len(body))+`"`, 1)
		require.Len(t, body, 1<<20)
		fresh := newWorld(t)
		require.Equal(t, 201, fresh.post("/api/conversations/"+fresh.conversation["acme"]+"/messages", body).status)
	})
	t.Run("REST-12 a large body of unknown length is refused too", func(t *testing.T) {
		body := `{"text":"` + strings.Repeat("a", 1<<20) + `"}`
		isProblem(t, w.do(request{method: http.MethodPost, path: "/api/auth/login", body: body, chunked: true}), 413)
	})
	t.Run("REST-12 a route without a body refuses a large one too", func(t *testing.T) {
		for _, path := range []string{"/api/conversations/" + w.conversation["acme"] + "/read", "/api/auth/refresh", "/api/auth/logout"} {
			for _, chunked := range []bool{false, true} {
				isProblem(t, w.do(request{method: http.MethodPost, path: path, body: strings.Repeat("a", 1<<20+1), token: w.token("ann@acme"), chunked: chunked}), 413)
			}
		}
		exactly := w.do(request{method: http.MethodPost, path: "/api/conversations/" + w.conversation["acme"] + "/read", body: strings.Repeat("a", 1<<20), token: w.token("ann@acme"), chunked: true})
		require.Equal(t, 200, exactly.status)
	})
}

func TestLargeBodiesOverTheNetwork(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.handler)
	defer server.Close()
	body := `{"text":"` + strings.Repeat("a", 4<<20) + `"}`
	for _, path := range []string{"/api/auth/login", "/api/conversations/" + w.conversation["acme"] + "/read", "/api/conversations/" + w.conversation["acme"] + "/messages"} {
		for _, announced := range []bool{true, false} {
			t.Run(fmt.Sprintf("REST-12 the answer arrives whole: %s announced %v", path, announced), func(t *testing.T) {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, struct{ io.Reader }{strings.NewReader(body)})
				require.NoError(t, err)
				if announced {
					r.ContentLength = int64(len(body))
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer "+w.token("ann@acme"))
				res, err := server.Client().Do(r)
				require.NoError(t, err)
				answer, err := io.ReadAll(res.Body)
				require.NoError(t, errors.Join(err, res.Body.Close()))
				isProblem(t, reply{status: res.StatusCode, header: res.Header, raw: answer}, 413)
			})
		}
	}
}

func TestTexts(t *testing.T) {
	w := newWorld(t)
	send := func(text, clientID string) reply {
		t.Helper()
		body, err := json.Marshal(map[string]string{"text": text, "clientId": clientID})
		require.NoError(t, err)
		return w.post("/api/conversations/"+w.conversation["acme"]+"/messages", string(body))
	}
	for name, row := range map[string]struct {
		text   string
		status int
	}{
		"empty":                     {"", 422},
		"blanks":                    {" \t\n\u00a0\u2003", 422},
		"4096 code points":          {strings.Repeat("😀", 4096), 201},
		"4097 code points":          {strings.Repeat("a", 4097), 422},
		"10,000 characters":         {strings.Repeat("a", 10_000), 422},
		"markup is text like other": {"<script>alert(1)</script>", 201},
		"right to left, combined":   {"مرحبا é̂ \u202e", 201},
	} {
		t.Run("REST-15 "+name, func(t *testing.T) {
			r := send(row.text, "text-"+name)
			require.Equal(t, row.status, r.status, string(r.raw))
			if row.status == 201 {
				require.Equal(t, row.text, at(r.json(t), "message", "text"))
			}
		})
	}
	for name, row := range map[string]struct{ escaped, want string }{
		"U+0000":                      {`a\u0000b`, "a\uFFFDb"},
		"an escaped backslash before": {`a\\u0000b`, `a\u0000b`},
		"a lone surrogate":            {`a\ud800b`, "a\uFFFDb"},
		"a pair":                      {`\ud83d\ude00`, "😀"},
	} {
		t.Run("REST-16 "+name, func(t *testing.T) {
			r := w.post("/api/conversations/"+w.conversation["acme"]+"/messages", fmt.Sprintf(`{"text":"%s","clientId":"esc-%s"}`, row.escaped, name))
			require.Equal(t, 201, r.status, string(r.raw))
			require.Equal(t, row.want, at(r.json(t), "message", "text"))
			here := "/api/conversations/" + w.conversation["acme"] + "/messages"
			r = w.post(here, fmt.Sprintf(`{"text":"id","clientId":"%s %s"}`, row.escaped, name))
			require.Equal(t, 201, r.status, string(r.raw))
			require.Equal(t, row.want+" "+name, at(r.json(t), "message", "clientId"))
		})
	}
}

func TestBadAddresses(t *testing.T) {
	w := newWorld(t)
	list := "/api/conversations?"
	thread := "/api/conversations/" + w.conversation["acme"] + "/messages?"
	for _, row := range []struct {
		rule, path string
		status     int
	}{
		{"REST-17", list + "status=open", 422},
		{"REST-17", list + "sort=name", 422},
		{"REST-17", list + "cursor=nonsense", 422},
		{"REST-17", list + "limit=0", 422},
		{"REST-17", list + "limit=-1", 422},
		{"REST-17", list + "limit=201", 422},
		{"REST-17", list + "limit=1.5", 422},
		{"REST-17", list + "limit=ten", 422},
		{"REST-17", list + "limit=99999999999999999999", 422},
		{"REST-17", list + "search=" + strings.Repeat("a", 257), 422},
		{"REST-17", thread + "before=nonsense", 422},
		{"REST-17", thread + "before=-4", 422},
		{"REST-17", thread + "limit=201", 422},
		{"REST-17", "/api/dashboard/message-volume?period=1y", 422},
		{"REST-17", "/api/dashboard/delivery-stats?period=24H", 422},
		{"REST-18", list + "search=%00", 422},
		{"REST-18", list + "search=%ff", 422},
		{"REST-18", list + "assignee=%00", 422},
		{"REST-18", list + "search=%zz", 422},
		{"REST-18", list + "search=a;b", 422},
		{"REST-18", "/api/conversations/%00", 404},
		{"REST-18", "/api/conversations/%ff", 404},
		{"REST-18", "/api/conversations/a%2Fb", 404},
		{"REST-18", "/api/conversations/" + strings.Repeat("a", 5000), 404},
		{"REST-18", "/api/conversations/" + url.PathEscape("' OR 1=1 --"), 404},
		{"REST-18", "/api/conversations/..%2f..%2fusers", 404},
		{"REST-19", list + "limit=200", 200},
		{"REST-19", list + "limit=1", 200},
		{"REST-19", list + "status=&assignee=&search=&sort=&cursor=&limit=", 200},
		{"REST-19", list + "assignee=nobody-knows", 200},
		{"REST-19", list + "search=%25_", 200},
		{"REST-19", list + "unknown=x", 200},
		{"REST-19", "/api/dashboard/message-volume", 200},
	} {
		t.Run(fmt.Sprintf("%s %.90s", row.rule, row.path), func(t *testing.T) {
			r := w.get(row.path)
			if row.status >= 400 {
				isProblem(t, r, row.status)
			}
			require.Equal(t, row.status, r.status)
		})
	}
}
