package auth

import (
	"context"
	"sync"
	"time"

	"github.com/agentportal/portal"
)

// identityAge is how long a read identity is believed: a change of role or name
// counts after it. A sign-out doesn't wait for it.
const identityAge = 3 * time.Second

// cachedIdentities bounds the cache.
const cachedIdentities = 20_000

// Verify tells who an access token stands for and until when. A refused token is
// a *TokenError; Unavailable means that it can't be told for now.
func (a *Auth) Verify(ctx context.Context, accessToken string) (portal.Identity, time.Time, error) {
	c, err := a.parse(accessToken)
	if err != nil {
		return portal.Identity{}, time.Time{}, err
	}
	who, err := a.identity(ctx, c.Session)
	if err != nil {
		return portal.Identity{}, time.Time{}, err
	}
	// Asked last: a sign-out that came while the identity was read counts.
	if a.revoked.has(c.Session) || who.UserID != c.Subject || who.TenantID != c.Tenant {
		return portal.Identity{}, time.Time{}, &TokenError{Reason: TokenInvalid}
	}
	return who, c.ExpiresAt.Time, nil
}

// identity reads who a session belongs to, or remembers it.
func (a *Auth) identity(ctx context.Context, sessionID string) (portal.Identity, error) {
	if who, ok := a.sessions.get(sessionID, a.now()); ok {
		return who, nil
	}
	session, err := a.store.AuthSession(ctx, sessionID)
	switch {
	case portal.CodeOf(err) == portal.NotFound:
		return portal.Identity{}, &TokenError{Reason: TokenInvalid}
	case err != nil:
		return portal.Identity{}, err
	case !session.RevokedAt.IsZero():
		return portal.Identity{}, &TokenError{Reason: TokenInvalid}
	}
	user, err := a.userOf(ctx, session)
	if portal.CodeOf(err) == portal.Unauthorized {
		return portal.Identity{}, &TokenError{Reason: TokenInvalid}
	}
	if err != nil {
		return portal.Identity{}, err
	}
	who := portal.Identity{UserID: user.ID, TenantID: session.TenantID, SessionID: session.ID, Email: user.Email, Name: user.Name, Role: user.Role}
	a.sessions.put(who, a.now())
	return who, nil
}

// sessionCache spares the database two questions for each call.
type sessionCache struct {
	mu   sync.Mutex
	byID map[string]cachedIdentity
}

type cachedIdentity struct {
	who  portal.Identity
	read time.Time
}

func (s *sessionCache) get(id string, now time.Time) (portal.Identity, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.byID[id]
	if !ok || now.Sub(c.read).Abs() >= identityAge {
		return portal.Identity{}, false
	}
	return c.who, true
}

func (s *sessionCache) put(who portal.Identity, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil || len(s.byID) >= cachedIdentities {
		s.byID = make(map[string]cachedIdentity) // it fills again within seconds
	}
	s.byID[who.SessionID] = cachedIdentity{who: who, read: now}
}
