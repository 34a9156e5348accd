package auth

import (
	"context"
	"crypto/rand"
	"net"
	"strings"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// longestEmail is RFC 5321's limit; nobody has a longer one.
const longestEmail = 254

// SignIn starts a session. addr is the client's address, with or without a port.
//
// A wrong password and an unknown email are the same Unauthorized and take the
// same time. Too many attempts are RateLimited with Data["retryAfter"] seconds.
func (a *Auth) SignIn(ctx context.Context, email, password, addr string) (Tokens, error) {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		addr = host
	}
	if err := a.byAddr.count(addr); err != nil {
		return Tokens{}, err
	}
	email = strings.ToLower(strings.TrimSpace(email))
	if len(email) > longestEmail {
		email = "" // nobody's
	}
	settle, err := a.byEmail.admit(ctx, email)
	if err != nil {
		return Tokens{}, err
	}
	user, err := a.authenticate(ctx, email, password)
	settle(portal.CodeOf(err) == portal.Unauthorized)
	if err != nil {
		return Tokens{}, err
	}
	return a.startSession(ctx, user)
}

func (a *Auth) authenticate(ctx context.Context, email, password string) (portal.User, error) {
	user, err := a.store.UserByEmail(ctx, email)
	known := err == nil
	if !known && portal.CodeOf(err) != portal.NotFound {
		return portal.User{}, err
	}
	phc := user.PasswordHash
	if !known {
		phc = a.unknown
	}
	right, err := a.checkPassword(ctx, phc, password)
	if err != nil {
		return portal.User{}, err
	}
	if !known || !right {
		return portal.User{}, portal.Errorf(portal.Unauthorized, "email or password is incorrect")
	}
	return user, nil
}

func (a *Auth) startSession(ctx context.Context, user portal.User) (Tokens, error) {
	now := a.now()
	refresh := rand.Text() + rand.Text() // 256 bits
	session := store.AuthSession{ID: rand.Text(), TenantID: user.TenantID, UserID: user.ID,
		RefreshHash: hashToken(refresh), CreatedAt: now, ExpiresAt: now.Add(a.refreshTTL)}
	if err := a.store.CreateAuthSession(ctx, session); err != nil {
		return Tokens{}, err
	}
	return a.tokens(session, user, refresh)
}
