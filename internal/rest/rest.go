// Package rest is the portal over HTTP: everything under /api. Each call is one use case of internal/desk or
// internal/auth; this package reads what was asked, and writes what came of it or a problem document (RFC 9457).
//
// The routes are registered once, as Go types. From them come the checks of what is asked, the answers, and the
// OpenAPI document at /api/openapi.json, so that none can say something else than the others.
package rest

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/asyncapi"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/ops"
)

// MaxBody is how large a request's body may be, in bytes.
const MaxBody = 1 << 20

// Config is what the API works with. Desk and Auth are needed.
type Config struct {
	Desk *desk.Desk
	Auth *auth.Auth
	// DeadLetters is what could never be applied; nil leaves its routes out.
	DeadLetters *ops.DeadLetters
	// AllowedOrigins may call from a browser beside the portal's own page: scheme://host[:port] in lower case.
	AllowedOrigins []string
	// TrustedProxies are those whose X-Forwarded-For names the client.
	TrustedProxies []netip.Prefix
	// Secure marks the refresh cookie Secure even where the request doesn't tell that it came over TLS.
	Secure bool
	// Shown are the settings that GET /api/settings tells.
	Shown Settings
	// TestChannel tries a tenant's WhatsApp channel at the provider and returns the name that it goes by there.
	// An Invalid or Unavailable portal.Error says why it doesn't work. Nil: the route answers 503.
	TestChannel func(ctx context.Context, channel portal.WhatsApp) (name string, err error)
	// OpenMedia begins to fetch a file that the provider keeps, or the part that a Range header names ("": all of it).
	// A NotFound or Unavailable portal.Error says why there is none. Nil: the route answers 503.
	OpenMedia func(ctx context.Context, media desk.Media, part string) (*desk.MediaFile, error)
	// Observe hears of every answered request; route is the pattern, "" for an unknown path.
	Observe func(method, route string, status int, took time.Duration)
	Logger  *slog.Logger
	Now     func() time.Time
	// Version is the program's, for the documents.
	Version string
}

// server is the state behind the handlers.
type server struct {
	Config
	limits *userLimits
}

// New makes the handler of /api and everything below it. It is safe for concurrent use.
func New(c Config) http.Handler {
	exactNames()
	s := newServer(c)
	calls := &calls{mux: http.NewServeMux()}
	s.routes(humago.New(calls, s.humaConfig()), calls)
	return s.around(calls.mux)
}

// calls is a mux that knows what is registered with it, whatever the documents say.
type calls struct {
	mux      *http.ServeMux
	patterns []string
}

// HandleFunc implements humago.Mux.
func (c *calls) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	c.patterns = append(c.patterns, pattern)
	c.mux.HandleFunc(pattern, handler)
}

// ServeHTTP implements humago.Mux.
func (c *calls) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

func newServer(c Config) *server {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(string, string, int, time.Duration) {}
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	return &server{Config: c, limits: newUserLimits(c.Now)}
}

// routes registers every call, and then the documents that describe them.
func (s *server) routes(api huma.API, mux *calls) {
	api.UseMiddleware(s.sameOriginForCookies(api), s.requireToken, s.refuseLargeBodies)
	s.authRoutes(api)
	s.conversationRoutes(api)
	s.messageRoutes(api)
	s.mediaRoutes(api)
	s.dashboardRoutes(api)
	s.userRoutes(api)
	s.settingsRoutes(api)
	if s.DeadLetters != nil {
		s.deadLetterRoutes(api)
	}
	mux.HandleFunc("GET /api/openapi.json", document(s.openAPI(api)))
	mux.HandleFunc("GET /api/asyncapi.json", document(asyncapi.Document(s.Version)))
}

// document serves a value that doesn't change, as JSON.
func document(v any) http.HandlerFunc {
	body, err := json.Marshal(v)
	return func(w http.ResponseWriter, _ *http.Request) {
		if err != nil {
			problem(http.StatusInternalServerError, "The document can't be made.").write(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // a reader that went away is nobody's problem
	}
}
