package rest

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/internal/schema"
)

// The names under which the documents know the kinds of proof.
const (
	accessToken   = "accessToken"
	refreshCookie = "refreshCookie"
	mediaCookie   = "mediaCookie"
)

// humaConfig sets the framework up to answer as the contract says, and to keep its own routes out.
func (s *server) humaConfig() huma.Config {
	c := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Agent Portal",
				Version:     s.Version,
				Description: "The REST side of a support inbox. What changes is told live over Socket.IO: see /api/asyncapi.json.",
				License:     &huma.License{Name: "MIT", Identifier: "MIT"},
			},
			Servers: []*huma.Server{{URL: "/", Description: "Where this document lies."}},
			Components: &huma.Components{
				Schemas: schema.New(),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					accessToken:   {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
					refreshCookie: {Type: "apiKey", In: "cookie", Name: cookieName},
					mediaCookie:   {Type: "apiKey", In: "cookie", Name: mediaCookieName},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": strictJSON, "json": strictJSON},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{ownProblems},
	}
	// The framework describes its own error type; what is sent is ours.
	c.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[Problem]())
	c.AllowAdditionalPropertiesByDefault = true // a client of a later version may say more
	return c
}

// errorsOf are the statuses that a call may end with beside success, and beside what only it knows of; the documents
// list them.
func errorsOf(c call, hasBody bool) []int {
	all := []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
		http.StatusRequestHeaderFieldsTooLarge, http.StatusInternalServerError, http.StatusServiceUnavailable}
	if c.security != "" {
		all = append(all, http.StatusUnauthorized)
	}
	if c.security == accessToken {
		all = append(all, http.StatusTooManyRequests)
	}
	if hasBody {
		all = append(all, http.StatusBadRequest, http.StatusRequestTimeout)
	}
	all = append(all, c.errors...)
	slices.Sort(all)
	return slices.Compact(all)
}

// call describes one route.
type call struct {
	id, method, path string
	summary, about   string
	status           int   // of success; 200 if 0
	errors           []int // beside the usual ones
	security         string
	or               string                    // another proof that will do
	answers          map[string]*huma.Response // of success, where they aren't JSON
	tag              string
	// may tells whether who may do this to the thing that the path's id names; nil: the handler tells. It comes
	// before the body is read, so that what doesn't exist is 404 and a viewer 403 whatever they send.
	may func(ctx context.Context, who portal.Identity, id string) error
}

// handle registers a route whose handler knows who is asking.
func handle[I, O any](s *server, api huma.API, c call, fn func(context.Context, portal.Identity, *I) (*O, error)) {
	c.security = accessToken
	register(s, api, c, func(ctx context.Context, in *I) (*O, error) {
		who, ok := auth.IdentityFrom(ctx)
		if !ok { // the middleware lets nobody through
			return nil, portal.Errorf(portal.Internal, "no identity in the context")
		}
		return fn(ctx, who, in)
	})
}

// bodyTime is how long a client may take to send a body. The connection's deadline that it becomes also ends the
// call, so that it is longer than any call should wait for the database or for a password to be checked.
const bodyTime = 30 * time.Second

// register registers a route, and maps what its handler fails with.
func register[I, O any](s *server, api huma.API, c call, fn func(context.Context, *I) (*O, error)) {
	_, hasBody := reflect.TypeFor[I]().FieldByName("Body")
	op := huma.Operation{
		OperationID:     c.id,
		Method:          c.method,
		Path:            c.path,
		Summary:         c.summary,
		Description:     c.about,
		Tags:            []string{c.tag},
		DefaultStatus:   c.status,
		MaxBodyBytes:    MaxBody + 1, // the framework refuses a body that reaches its limit
		BodyReadTimeout: bodyTime,
		Errors:          errorsOf(c, hasBody),
		Responses:       c.answers,
	}
	if c.may != nil {
		op.Middlewares = huma.Middlewares{s.ask(c)}
	}
	if c.security != "" {
		op.Security = []map[string][]string{{c.security: {}}}
	}
	if c.or != "" {
		op.Security = append(op.Security, map[string][]string{c.or: {}})
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, s.failed(ctx, c, err)
		}
		return out, nil
	})
}

// ask refuses those who may not before anything of the call is read.
func (s *server) ask(c call) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		who, _ := auth.IdentityFrom(ctx.Context())
		if err := c.may(ctx.Context(), who, ctx.Param("id")); err != nil {
			refuse(ctx, s.failed(ctx.Context(), c, err))
			return
		}
		next(ctx)
	}
}

// failed is the answer of a call that failed; what nobody expected is logged.
func (s *server) failed(ctx context.Context, c call, err error) *Problem {
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError && ctx.Err() == nil {
		s.Logger.Error("a call failed", "call", c.id, "err", err)
	}
	return p
}

// body is an answer that is nothing but its body.
type body[T any] struct{ Body T }

// none is an input without anything, or an answer without a body.
type none struct{}
