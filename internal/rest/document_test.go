package rest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// doc is an OpenAPI or AsyncAPI document as another program reads it: as JSON, with nothing of ours.
type doc map[string]any

func (w *world) document(path string) doc {
	w.t.Helper()
	r := w.do(request{method: http.MethodGet, path: path})
	require.Equal(w.t, http.StatusOK, r.status)
	require.Equal(w.t, "application/json", r.header.Get("Content-Type"))
	return r.json(w.t)
}

// at follows a path of member names; nil where it leads nowhere.
func at(v any, path ...string) any {
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

// resolve follows a reference inside the document.
func (d doc) resolve(t *testing.T, ref string) any {
	t.Helper()
	path, inside := strings.CutPrefix(ref, "#/")
	require.True(t, inside, ref)
	v := at(map[string]any(d), strings.Split(path, "/")...)
	require.NotNil(t, v, "%s leads nowhere", ref)
	return v
}

// everyRef resolves all references of the document.
func (d doc) everyRef(t *testing.T) (n int) {
	t.Helper()
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				d.resolve(t, ref)
				n++
			}
			for member := range maps.Values(v) {
				walk(member)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(map[string]any(d))
	return n
}

// fits checks a value against a schema (JSON Schema 2020-12, as far as our documents use it) and returns what is
// wrong. A member that the schema doesn't name is wrong too: then the document has forgotten something.
func (d doc) fits(t *testing.T, schema any, v any, place string) []string {
	t.Helper()
	s, ok := schema.(map[string]any)
	require.True(t, ok, "%s: no schema", place)
	if ref, ok := s["$ref"].(string); ok {
		return d.fits(t, d.resolve(t, ref), v, place)
	}
	if alternatives, ok := s["anyOf"].([]any); ok {
		for _, one := range alternatives {
			if len(d.fits(t, one, v, place)) == 0 {
				return nil
			}
		}
		return []string{place + " fits no alternative"}
	}
	var wrong []string
	if !typeFits(s["type"], v) {
		return []string{fmt.Sprintf("%s is %T, not %v", place, v, s["type"])}
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, v) {
		wrong = append(wrong, fmt.Sprintf("%s: %v isn't among %v", place, v, enum))
	}
	switch v := v.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339, v); s["format"] == "date-time" && err != nil {
			wrong = append(wrong, place+" is no time")
		}
		if most, ok := s["maxLength"].(float64); ok && utf8.RuneCountInString(v) > int(most) {
			wrong = append(wrong, place+" is too long")
		}
	case []any:
		for i, item := range v {
			wrong = append(wrong, d.fits(t, s["items"], item, fmt.Sprintf("%s[%d]", place, i))...)
		}
	case map[string]any:
		wrong = append(wrong, d.objectFits(t, s, v, place)...)
	}
	return wrong
}

func (d doc) objectFits(t *testing.T, s, v map[string]any, place string) (wrong []string) {
	t.Helper()
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, stands := v[name.(string)]; !stands {
			wrong = append(wrong, fmt.Sprintf("%s.%s is missing", place, name))
		}
	}
	properties, _ := s["properties"].(map[string]any)
	if properties == nil && s["additionalProperties"] == true {
		return wrong // anything
	}
	for name, member := range v {
		if properties[name] == nil {
			wrong = append(wrong, fmt.Sprintf("%s.%s isn't documented", place, name))
			continue
		}
		wrong = append(wrong, d.fits(t, properties[name], member, place+"."+name)...)
	}
	return wrong
}

func typeFits(types, v any) bool {
	if several, ok := types.([]any); ok {
		return slices.ContainsFunc(several, func(one any) bool { return typeFits(one, v) })
	}
	switch types {
	case "null":
		return v == nil
	case "string":
		_, ok := v.(string)
		return ok
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "number", "integer":
		_, ok := v.(float64)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	case "object":
		_, ok := v.(map[string]any)
		return ok
	}
	return types == nil // anything
}

// answers checks an answer against what the document says of it.
func (d doc) answers(t *testing.T, method, route string, r reply) {
	t.Helper()
	op := at(map[string]any(d), "paths", route, strings.ToLower(method))
	answer := at(op, "responses", fmt.Sprint(r.status))
	require.NotNil(t, answer, "%s %s answers %d, which isn't documented", method, route, r.status)
	content := at(answer, "content", r.header.Get("Content-Type"), "schema")
	if len(r.raw) == 0 {
		require.Nil(t, content)
		return
	}
	if at(answer, "content", "*/*", "schema", "format") == "binary" {
		return // a file: any bytes, of any type
	}
	var v any
	require.NoError(t, json.Unmarshal(r.raw, &v))
	if p, ok := v.(map[string]any); ok && r.status >= 400 {
		delete(p, "newer") // problems have members of their own
		delete(p, "retryAfter")
	}
	require.Empty(t, d.fits(t, content, v, "body"), "%s %s %d\n%s", method, route, r.status, r.raw)
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func TestOpenAPI(t *testing.T) {
	d := newWorld(t).document("/api/openapi.json")
	t.Run("REST-40 it is OpenAPI 3.1 and whole", func(t *testing.T) {
		require.Equal(t, "3.1.0", d["openapi"])
		require.NotEmpty(t, at(map[string]any(d), "info", "title"))
		require.NotEmpty(t, at(map[string]any(d), "info", "version"))
		require.Greater(t, d.everyRef(t), 50)
	})
	t.Run("REST-40 every operation has an id of its own, its parameters and its answers", func(t *testing.T) {
		ids := map[any]bool{}
		for path, item := range d["paths"].(map[string]any) {
			for method, op := range item.(map[string]any) {
				id := at(op, "operationId")
				require.False(t, ids[id], "%v twice", id)
				ids[id] = true
				for _, m := range pathParameter.FindAllStringSubmatch(path, -1) {
					declared, _ := at(op, "parameters").([]any)
					require.True(t, slices.ContainsFunc(declared, func(p any) bool {
						return at(p, "name") == m[1] && at(p, "in") == "path" && at(p, "required") == true
					}), "%s %s doesn't declare %s", method, path, m[1])
				}
				for status, answer := range at(op, "responses").(map[string]any) {
					require.NotEmpty(t, at(answer, "description"), "%s %s %s", method, path, status)
				}
				if strings.HasPrefix(path, "/api/") && !isDocument(path) {
					require.NotNil(t, at(op, "responses", "503", "content", "application/problem+json", "schema"))
				}
			}
		}
	})
	t.Run("REST-41 what can be null is said to, and nothing else", func(t *testing.T) {
		conversation := at(map[string]any(d), "components", "schemas", "Conversation", "properties")
		require.Equal(t, "string", at(conversation, "createdAt", "type"))
		require.Equal(t, []any{"string", "null"}, at(conversation, "closedAt", "type"))
		require.Len(t, at(conversation, "assignee", "anyOf"), 2)
		require.NotNil(t, at(conversation, "contact", "$ref"))
		require.Equal(t, []any{"active", "closed"}, at(conversation, "status", "enum"))
		require.Equal(t, "array", at(map[string]any(d), "components", "schemas", "ConversationsBody", "properties", "conversations", "type"))
	})
	t.Run("REST-42 every answer is JSON, a problem or plain text: nothing is exported that a spreadsheet would run", func(t *testing.T) {
		for path, item := range d["paths"].(map[string]any) {
			for method, op := range item.(map[string]any) {
				for status, answer := range at(op, "responses").(map[string]any) {
					content, _ := at(answer, "content").(map[string]any)
					for kind := range content {
						if path == "/api/media/{messageId}" && kind == "*/*" {
							continue // what a customer has sent, as it was sent
						}
						require.Contains(t, []string{"application/json", "application/problem+json", "text/plain"}, kind, "%s %s %s", method, path, status)
					}
				}
			}
		}
	})
	t.Run("REST-42 the framework's own types and routes stay inside", func(t *testing.T) {
		require.Nil(t, at(map[string]any(d), "components", "schemas", "ErrorModel"))
		w := newWorld(t)
		for _, path := range []string{"/docs", "/schemas/Message.json", "/api/openapi.yaml", "/openapi.json"} {
			isProblem(t, w.do(request{method: http.MethodGet, path: path}), http.StatusNotFound)
		}
	})
}

func TestAsyncAPIIsServed(t *testing.T) {
	t.Run("REST-43 the AsyncAPI document, whose references lead somewhere", func(t *testing.T) {
		d := newWorld(t).document("/api/asyncapi.json")
		require.Equal(t, "3.0.0", d["asyncapi"])
		require.Greater(t, d.everyRef(t), 50)
	})
	t.Run("REST-49 every golden event fits its schema there", func(t *testing.T) {
		d := newWorld(t).document("/api/asyncapi.json")
		files, err := filepath.Glob(goldens + "/event.*.json")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			event := strings.Replace(strings.Split(filepath.Base(file), ".")[1], "-", ".", 1)
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			var body any
			require.NoError(t, json.Unmarshal(content, &body))
			payload := at(map[string]any(d), "components", "messages", "server."+event, "payload")
			require.Empty(t, d.fits(t, payload, body, "body"), file)
		}
	})
}

// documents is where both documents lie as they are served; the page's types are made from them.
const documents = "../../testdata/documents"

func TestGoldenDocuments(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"openapi.json", "asyncapi.json"} {
		t.Run("REST-60 "+name, func(t *testing.T) {
			got, err := json.MarshalIndent(w.document("/api/"+name), "", "  ")
			require.NoError(t, err)
			got = append(got, '\n')
			file := filepath.Join(documents, name)
			if *update {
				require.NoError(t, os.MkdirAll(documents, 0o750))
				require.NoError(t, os.WriteFile(file, got, 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err, "go test ./internal/rest -update writes it")
			require.Equal(t, string(want), string(got), "go test ./internal/rest -update, then cd web/types && npm ci && npm run generate")
		})
	}
}
