package rest_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/rest"
)

// breaking is a body that fails after its first bytes.
type breaking struct {
	io.Reader
	err error
}

func (b *breaking) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

// ending is how a call ended.
type ending struct {
	got  reply
	want int
}

// TestEveryStatusIsDocumented brings every route into every circumstance that can end any call. That the answer's status
// is documented is checked for these answers as for all others of this package: see world.documented.
func TestEveryStatusIsDocumented(t *testing.T) {
	t.Run("REST-66 whatever can end a call, its status is documented", func(t *testing.T) {
		var log bytes.Buffer
		failing := newWorld(t, func(c *rest.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		d := failing.document("/api/openapi.json")
		bodies := withBody(t, d)
		hurried := newWorld(t)
		for range 1250 {
			require.Equal(t, 200, hurried.do(request{method: http.MethodGet, path: "/api/settings", token: hurried.token("ann@acme")}).status)
		}
		for name, row := range table {
			method, pattern, _ := strings.Cut(name, " ")
			ask := func(w *world, body io.Reader, change func(*http.Request)) reply {
				r := httptest.NewRequestWithContext(t.Context(), method, row.path(w, "acme"), body)
				w.store.broken.Store(w == failing)
				defer w.store.broken.Store(false)
				r.Header.Set("Authorization", "Bearer "+w.token("ann@acme"))
				r.Header.Set("Cookie", "portal_refresh=anything")
				if body != nil {
					r.Header.Set("Content-Type", "application/json")
				}
				change(r)
				rec := httptest.NewRecorder()
				w.handler.ServeHTTP(rec, r)
				return reply{status: rec.Code, header: rec.Result().Header, raw: rec.Body.Bytes()}
			}
			as := func(*http.Request) {}
			good := strings.ReplaceAll(row.body, "{who}", "status")
			whole := newWorld(t)
			answers := map[string]ending{
				"an unreadable query": {ask(whole, nil, func(r *http.Request) { r.URL.RawQuery = "x=%zz" }), 422},
			}
			if !isDocument(name) {
				answers["a large body"] = ending{ask(whole, strings.NewReader(strings.Repeat(" ", rest.MaxBody+1)), as), 413}
				answers["a packed body"] = ending{ask(whole, strings.NewReader("{}"), func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }), 415}
				if name != "GET /api/settings" { // which asks nothing of the database
					answers["a failure of ours"] = ending{ask(failing, strings.NewReader(good), as), 500}
				}
			}
			if row.open == 0 {
				answers["too many calls"] = ending{ask(hurried, strings.NewReader(good), as), 429}
			}
			if bodies[name] != nil {
				answers["a body that stops"] = ending{ask(whole, &breaking{strings.NewReader("{"), os.ErrDeadlineExceeded}, as), 408}
				answers["REST-10 a body that breaks off"] = ending{ask(whole, &breaking{strings.NewReader(good), io.ErrUnexpectedEOF}, as), 400}
			}
			for circumstance, answer := range answers {
				t.Run(fmt.Sprintf("REST-66 %s: %s", name, circumstance), func(t *testing.T) {
					isProblem(t, answer.got, answer.want)
					d.answers(t, method, pattern, answer.got)
					require.NotContains(t, string(answer.got.raw), errBroken.Error(), "REST-38")
				})
			}
		}
		require.Contains(t, log.String(), errBroken.Error())
	})
}
