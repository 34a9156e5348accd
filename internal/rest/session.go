package rest

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/internal/door"
)

// The refresh cookie. Only the calls under its path ever see it.
const (
	cookieName = "portal_refresh"
	cookiePath = "/api/auth"
)

// The media cookie holds the access token for what a browser fetches by itself: pictures, players, new tabs. It opens
// nothing but media, for as long as the token lives. Its path is the shorter one, so that whoever takes a browser's
// first cookie, as scripts do, still has the session's.
const (
	mediaCookieName = "portal_media"
	mediaCookiePath = "/api"
)

// LoginBody is what signing in asks for.
type LoginBody struct {
	Email    string `json:"email" minLength:"1" maxLength:"320"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
}

// SessionBody is a signed-in session: what signing in and every refresh answer.
type SessionBody struct {
	AccessToken string      `json:"accessToken" doc:"Goes into Authorization: Bearer …, and into the socket's auth. Keep it in memory only."`
	ExpiresAt   portal.Time `json:"expiresAt"`
	User        Self        `json:"user"`
}

// Self is the user who asks.
type Self struct {
	ID         string      `json:"id"`
	Email      string      `json:"email"`
	Name       string      `json:"name"`
	Role       portal.Role `json:"role"`
	TenantID   string      `json:"tenantId"`
	TenantName string      `json:"tenantName"`
}

// Origin is what is known of where a request came from. Inputs that embed it learn it.
type Origin struct {
	peer      string // who connected to us: address and port
	forwarded string // X-Forwarded-For as it came
	secure    bool   // the client speaks TLS, to us or to a proxy before us
	host      string
}

// Resolve implements huma.Resolver.
func (o *Origin) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	o.peer, o.host = r.RemoteAddr, r.Host
	o.forwarded = strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	o.secure = door.Secure(r)
	return nil
}

// clientAddress is the address that a request came from. Proxies append to X-Forwarded-For, so that it is read from
// its end, for as long as the one who vouches is trusted: what a client wrote there itself is never reached.
func clientAddress(trusted []netip.Prefix, peer, forwarded string) string {
	addr := peer
	if ap, err := netip.ParseAddrPort(peer); err == nil {
		addr = ap.Addr().Unmap().String()
	}
	hops := strings.Split(forwarded, ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(trusted, addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap().String()
	}
	return addr
}

func isTrusted(trusted []netip.Prefix, addr string) bool {
	ip, err := netip.ParseAddr(addr)
	return err == nil && slices.ContainsFunc(trusted, func(network netip.Prefix) bool { return network.Contains(ip) })
}

type loginInput struct {
	Origin
	Body LoginBody
}

type cookieInput struct {
	Origin
	Cookie string `cookie:"portal_refresh"`
}

type sessionOutput struct {
	SetCookie []string `header:"Set-Cookie"`
	Body      SessionBody
}

type signedOutOutput struct {
	SetCookie []string `header:"Set-Cookie"`
}

func (s *server) authRoutes(api huma.API) {
	register(s, api, call{id: "login", method: http.MethodPost, path: "/api/auth/login", tag: "Sign-in", summary: "Sign in",
		about:  "Also sets the refresh cookie. A wrong password and an unknown email get the same answer.",
		errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}}, s.login)
	register(s, api, call{id: "refresh", method: http.MethodPost, path: "/api/auth/refresh", tag: "Sign-in", summary: "Get a new access token",
		about:  "Turns the refresh cookie, which is replaced, into a new access token: how a reloaded page restores its session.",
		errors: []int{http.StatusForbidden}, security: refreshCookie}, s.refresh)
	register(s, api, call{id: "logout", method: http.MethodPost, path: "/api/auth/logout", tag: "Sign-in", summary: "Sign out",
		about:  "The session's access tokens are refused from now on, and its sockets ended.",
		status: http.StatusNoContent, errors: []int{http.StatusForbidden}, security: refreshCookie}, s.logout)
	register(s, api, call{id: "session", method: http.MethodGet, path: "/api/auth/session", tag: "Sign-in", summary: "Is there a session?",
		about:  "Tells a page, which can't read the refresh cookie, whether asking for a token is worth it.",
		errors: []int{http.StatusForbidden}}, s.hasSession)
	handle(s, api, call{id: "me", method: http.MethodGet, path: "/api/me", tag: "Sign-in", summary: "Who am I?"}, s.me)
}

func (s *server) login(ctx context.Context, in *loginInput) (*sessionOutput, error) {
	tokens, err := s.Auth.SignIn(ctx, in.Body.Email, in.Body.Password, clientAddress(s.TrustedProxies, in.peer, in.forwarded))
	if err != nil {
		return nil, err
	}
	return s.session(ctx, tokens, in.Origin)
}

func (s *server) refresh(ctx context.Context, in *cookieInput) (*sessionOutput, error) {
	if in.Cookie == "" {
		return nil, portal.Errorf(portal.Unauthorized, "Sign in again.")
	}
	tokens, err := s.Auth.Refresh(ctx, in.Cookie)
	if err != nil {
		return nil, err
	}
	return s.session(ctx, tokens, in.Origin)
}

func (s *server) hasSession(ctx context.Context, in *cookieInput) (*body[HasSessionBody], error) {
	has := in.Cookie != ""
	if has {
		var err error
		if has, err = s.Auth.HasSession(ctx, in.Cookie); err != nil {
			return nil, err
		}
	}
	return &body[HasSessionBody]{HasSessionBody{Session: has}}, nil
}

func (s *server) logout(ctx context.Context, in *cookieInput) (*signedOutOutput, error) {
	if in.Cookie == "" {
		return nil, portal.Errorf(portal.Unauthorized, "There is no session to end.")
	}
	if err := s.Auth.SignOut(ctx, in.Cookie); err != nil {
		return nil, err
	}
	return &signedOutOutput{SetCookie: s.cookies(auth.Tokens{}, in.Origin)}, nil
}

func (s *server) session(ctx context.Context, t auth.Tokens, o Origin) (*sessionOutput, error) {
	user, err := s.self(ctx, t.User)
	if err != nil {
		return nil, err
	}
	return &sessionOutput{
		SetCookie: s.cookies(t, o),
		Body:      SessionBody{AccessToken: t.Access, ExpiresAt: portal.At(t.ExpiresAt), User: user},
	}, nil
}

func (s *server) self(ctx context.Context, u portal.User) (Self, error) {
	name, err := s.Desk.TenantName(ctx, u.TenantID)
	return Self{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role, TenantID: u.TenantID, TenantName: name}, err
}

// cookies are those of a session; without tokens they make the browser forget them.
func (s *server) cookies(t auth.Tokens, o Origin) []string {
	return []string{
		s.cookie(cookieName, cookiePath, t.Refresh, t.RefreshExpiresAt, o),
		s.cookie(mediaCookieName, mediaCookiePath, t.Access, t.ExpiresAt, o),
	}
}

// cookie carries a token until it expires; an empty one makes the browser forget.
func (s *server) cookie(name, path, token string, expires time.Time, o Origin) string {
	c := http.Cookie{Name: name, Value: token, Path: path, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: s.Secure || o.secure, MaxAge: -1}
	if token != "" {
		c.MaxAge = max(1, int(expires.Sub(s.Now()).Seconds()))
	}
	return c.String()
}

func (s *server) me(ctx context.Context, who portal.Identity, _ *none) (*body[SelfBody], error) {
	users, err := s.Desk.Users(ctx, who)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		if u.ID == who.UserID {
			self, err := s.self(ctx, u)
			return &body[SelfBody]{SelfBody{self}}, err
		}
	}
	return nil, portal.Errorf(portal.Unauthorized, "Your account doesn't exist any more.")
}

// HasSessionBody tells whether the browser's refresh cookie is worth an access token.
type HasSessionBody struct {
	Session bool `json:"session"`
}

// SelfBody tells who asks.
type SelfBody struct {
	User Self `json:"user"`
}
