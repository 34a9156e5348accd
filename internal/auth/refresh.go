package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/store"
)

// previousGrace is how long a refresh token stays good after its successor was
// made: two tabs may have sent it, or the answer may have been lost.
const previousGrace = 60 * time.Second

// Refresh gives a new access token and the successor of refreshToken, and makes
// the session live RefreshTTL from now.
//
// A token's successor follows from it by a keyed hash. So whoever sends the same
// token again, within previousGrace, gets the same successor: two tabs that
// refresh at once end with the same working cookie, whichever answer comes last.
// An older token is Unauthorized.
func (a *Auth) Refresh(ctx context.Context, refreshToken string) (Tokens, error) {
	session, err := a.sessionOf(ctx, refreshToken)
	if err != nil {
		return Tokens{}, err
	}
	old, next := hashToken(refreshToken), a.successor(refreshToken)
	if subtle.ConstantTimeCompare(session.RefreshHash, old) == 1 {
		now := a.now()
		expires := now.Add(a.refreshTTL)
		err := a.store.RotateRefresh(ctx, session.ID, old, hashToken(next), now.Add(previousGrace), expires)
		if err != nil && portal.CodeOf(err) != portal.Conflict {
			return Tokens{}, err
		}
		failpoint.Hit(failpoint.RefreshRotated)
		// On Conflict another tab was faster, and made the same successor.
		if session, err = a.sessionOf(ctx, refreshToken); err != nil {
			return Tokens{}, err
		}
	}
	if subtle.ConstantTimeCompare(session.RefreshHash, hashToken(next)) != 1 {
		return Tokens{}, errSignInAgain() // the secret changed in between
	}
	user, err := a.userOf(ctx, session)
	if err != nil {
		return Tokens{}, err
	}
	return a.tokens(session, user, next)
}

// HasSession tells whether Refresh would give a token, and changes nothing.
func (a *Auth) HasSession(ctx context.Context, refreshToken string) (bool, error) {
	session, err := a.sessionOf(ctx, refreshToken)
	if err == nil {
		_, err = a.userOf(ctx, session)
	}
	if portal.CodeOf(err) == portal.Unauthorized {
		return false, nil
	}
	return err == nil, err
}

// sessionOf finds the live session of a refresh token that is current, or was
// until less than previousGrace ago.
func (a *Auth) sessionOf(ctx context.Context, refreshToken string) (store.AuthSession, error) {
	if refreshToken == "" || len(refreshToken) > longestToken {
		return store.AuthSession{}, errSignInAgain()
	}
	hash, now := hashToken(refreshToken), a.now()
	session, err := a.store.AuthSessionByRefresh(ctx, hash)
	switch {
	case portal.CodeOf(err) == portal.NotFound:
		return store.AuthSession{}, errSignInAgain()
	case err != nil:
		return store.AuthSession{}, err
	case !session.RevokedAt.IsZero(), !now.Before(session.ExpiresAt):
		return store.AuthSession{}, errSignInAgain()
	case subtle.ConstantTimeCompare(session.RefreshHash, hash) != 1 && !now.Before(session.PreviousUntil):
		return store.AuthSession{}, errSignInAgain()
	}
	return session, nil
}

// userOf is the session's user as of now.
func (a *Auth) userOf(ctx context.Context, session store.AuthSession) (portal.User, error) {
	var user portal.User
	err := a.store.View(ctx, session.TenantID, func(tx store.ReadTx) (err error) {
		user, err = tx.User(ctx, session.UserID)
		return err
	})
	if portal.CodeOf(err) == portal.NotFound {
		return portal.User{}, errSignInAgain()
	}
	return user, err
}

func (a *Auth) successor(refreshToken string) string {
	mac := hmac.New(sha256.New, a.refreshKey)
	mac.Write([]byte(refreshToken))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// hashToken is how a refresh token is kept. Its 256 bits need no slow hash.
func hashToken(refreshToken string) []byte {
	sum := sha256.Sum256([]byte(refreshToken))
	return sum[:]
}

func errSignInAgain() error { return portal.Errorf(portal.Unauthorized, "sign in again") }
