package rest

import (
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/auth"
)

// refuse answers in place of the handler.
func refuse(ctx huma.Context, p *Problem) {
	_, w := humago.Unwrap(ctx)
	p.write(w)
}

// sameOriginForCookies keeps other sites from using a browser's refresh cookie, or from giving it one (CSRF). All
// that reads or sets the cookie lies under /api/auth, which is the cookie's path.
func (s *server) sameOriginForCookies(huma.API) func(huma.Context, func(huma.Context)) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range s.AllowedOrigins {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			s.Logger.Warn("an allowed origin can't be used", "origin", origin, "err", err)
		}
	}
	return func(ctx huma.Context, next func(huma.Context)) {
		r, _ := humago.Unwrap(ctx)
		if strings.HasPrefix(r.URL.Path, cookiePath+"/") && protection.Check(r) != nil {
			refuse(ctx, problem(http.StatusForbidden, "Another site's page may not do this."))
			return
		}
		next(ctx)
	}
}

// requireToken lets nobody through to a call that needs an access token without one, and puts who it is into the
// context. It also holds each user to the rate.
func (s *server) requireToken(ctx huma.Context, next func(huma.Context)) {
	if !needs(ctx.Operation(), accessToken) {
		next(ctx)
		return
	}
	token := bearer(ctx.Header("Authorization"))
	if token == "" && needs(ctx.Operation(), mediaCookie) {
		token = cookieOf(ctx, mediaCookieName)
	}
	who, _, err := s.Auth.Verify(ctx.Context(), token)
	if err != nil {
		p := problemOf(err)
		if p.Status == http.StatusInternalServerError {
			s.Logger.Error("a token can't be checked", "err", err)
		}
		refuse(ctx, p)
		return
	}
	if wait := s.limits.take(who); wait > 0 {
		refuse(ctx, problemOf(&portal.Error{Code: portal.RateLimited, Message: "Too many calls. Slow down.",
			Data: map[string]any{"retryAfter": seconds(wait)}}))
		return
	}
	next(huma.WithContext(ctx, auth.WithIdentity(ctx.Context(), who)))
}

func needs(op *huma.Operation, scheme string) bool {
	for _, alternative := range op.Security {
		if _, ok := alternative[scheme]; ok {
			return true
		}
	}
	return false
}

// cookieOf is the value of a cookie; "" if there is none.
func cookieOf(ctx huma.Context, name string) string {
	r, _ := humago.Unwrap(ctx)
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// bearer takes the token out of an Authorization header (RFC 6750 section 2.1); "" if there is none.
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// refuseLargeBodies refuses what is too large by its announced length, or, where the call wouldn't read it, by looking,
// and what would have to be unpacked.
func (s *server) refuseLargeBodies(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	length := r.ContentLength
	if length < 0 && ctx.Operation().RequestBody == nil {
		length, _ = io.CopyN(io.Discard, r.Body, MaxBody+1) // a body that breaks off is nobody's problem here
	}
	switch encoding := r.Header.Get("Content-Encoding"); {
	case length > MaxBody:
		refuse(ctx, problem(http.StatusRequestEntityTooLarge, tooLarge))
	case r.ContentLength != 0 && encoding != "" && encoding != "identity":
		refuse(ctx, problem(http.StatusUnsupportedMediaType, "Send the body uncompressed."))
	default:
		next(ctx)
	}
}
