package rest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	here := "/api/conversations/" + w.conversation["acme"]
	thread := here + "/messages"
	require.Equal(t, 201, w.post(thread, `{"text":"Hi","clientId":"c-1"}`).status)
	for _, c := range []struct {
		method, path, body string
		status             int
		reason             portal.Refusal
	}{
		{http.MethodPost, thread, `{"text":" ","clientId":"c-2"}`, 422, portal.WhyTextBlank},
		{http.MethodPost, thread, `{"text":"Bye","clientId":"c-1"}`, 409, portal.WhyClientIDUsed},
		{http.MethodPost, here + "/assign", `{"userId":"nobody"}`, 422, portal.WhyAssigneeUnknown},
		{http.MethodPost, "/api/users", `{"email":"ben@acme.test","name":"Ben","password":"long enough","role":"agent"}`, 409, portal.WhyEmailInUse},
		{http.MethodPost, "/api/users", `{"email":"nowhere","name":"Ben","password":"long enough","role":"agent"}`, 422, portal.WhyEmailInvalid},
		{http.MethodPatch, "/api/users/ben-acme", `{"name":" "}`, 422, portal.WhyNameInvalid},
		{http.MethodPatch, "/api/users/ben-acme", `{"password":"short"}`, 422, portal.WhyPasswordShort},
		{http.MethodPatch, "/api/users/ann-acme", `{"role":"agent"}`, 409, portal.WhyLastAdmin},
		{http.MethodPut, "/api/settings/whatsapp", `{"accessToken":"••••abcd"}`, 422, portal.WhyChannelValue},
		{http.MethodPost, here + "/status", `{"status":"closed"}`, 200, ""},
		{http.MethodPost, thread, `{"text":"Hi","clientId":"c-3"}`, 409, portal.WhyConversationClosed},
	} {
		t.Run("REST-61 "+string(c.reason), func(t *testing.T) {
			r := w.do(request{method: c.method, path: c.path, body: c.body, token: w.token("ann@acme")})
			require.Equal(t, c.status, r.status, string(r.raw))
			if c.reason != "" {
				require.Equal(t, string(c.reason), isProblem(t, r, c.status)["reason"])
			}
		})
	}
	t.Run("REST-61 newer_conversation", func(t *testing.T) {
		errs := w.desk.Receive(t.Context(), "acme", []desk.Inbound{{TenantID: "acme", WAMID: "wamid.again", WaID: "919876543210",
			At: portal.At(w.now()), Type: portal.TypeText, Text: "Me again"}})
		require.NoError(t, errs[0])
		require.Equal(t, "newer_conversation", isProblem(t, w.post(here+"/status", `{"status":"active"}`), 409)["reason"])
	})
	t.Run("REST-62 the document lists every reason that the vocabulary has", func(t *testing.T) {
		listed := at(map[string]any(w.document("/api/openapi.json")), "components", "schemas", "Problem", "properties", "reason", "enum")
		require.ElementsMatch(t, constantsOf(t, "../../refusal.go", "Refusal"), listed)
	})
}

// constantsOf is every constant of a type of package portal, as it stands in its source.
func constantsOf(t *testing.T, source, name string) (values []any) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); ok && of.Name == name {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			values = append(values, value)
		}
		return true
	})
	require.NotEmpty(t, values)
	return values
}
