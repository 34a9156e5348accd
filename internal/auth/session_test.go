package auth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/internal/store"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

// forge makes a token with the claims of another, changed, under any method and key.
func forge(t *testing.T, access string, method jwt.SigningMethod, key any, change func(header, claims map[string]any)) string {
	t.Helper()
	var claims map[string]any
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(access, ".")[1])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(payload, &claims))
	token := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	if change != nil {
		change(token.Header, claims)
	}
	signed, err := token.SignedString(key)
	require.NoError(t, err)
	return signed
}

func TestVerify(t *testing.T) {
	b := newBench(t)
	tokens := b.signIn(t)
	t.Run("AUTH-7 a good token", func(t *testing.T) {
		who, expires, err := b.Verify(t.Context(), tokens.Access)
		require.NoError(t, err)
		require.Equal(t, portal.Identity{UserID: "ann", TenantID: "acme", SessionID: who.SessionID, Email: "ann@acme.test", Name: "Ann", Role: portal.RoleAgent}, who)
		require.NotEmpty(t, who.SessionID)
		require.True(t, tokens.ExpiresAt.Equal(expires))
		_, _, err = b.other.Verify(t.Context(), forge(t, tokens.Access, jwt.SigningMethodHS256, secret, nil))
		require.NoError(t, err, "the key is the secret's raw bytes")
	})
	t.Run("AUTH-7 never for less than its time to live", func(t *testing.T) {
		b.clock.add(300 * time.Millisecond)
		require.Equal(t, start.Add(15*time.Minute+time.Second), b.signIn(t).ExpiresAt)
	})
	hour := func(claims map[string]any) { claims["exp"] = start.Add(time.Hour).Unix() }
	parts := strings.Split(tokens.Access, ".")
	for name, c := range map[string]struct{ token, reason string }{
		"none":                       {"", auth.TokenMissing},
		"garbage":                    {"abc", auth.TokenInvalid},
		"two parts":                  {parts[0] + "." + parts[1], auth.TokenInvalid},
		"no signature":               {parts[0] + "." + parts[1] + ".", auth.TokenInvalid},
		"another's signature":        {parts[0] + "." + parts[1] + "." + strings.Split(b.signIn(t).Access, ".")[2] + "A", auth.TokenInvalid},
		"outsized":                   {tokens.Access + strings.Repeat("A", 5000), auth.TokenInvalid},
		"alg none":                   {forge(t, tokens.Access, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), auth.TokenInvalid},
		"HS512":                      {forge(t, tokens.Access, jwt.SigningMethodHS512, secret, nil), auth.TokenInvalid},
		"alg RS256 in the header":    {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(h, _ map[string]any) { h["alg"] = "RS256" }), auth.TokenInvalid},
		"another key":                {forge(t, tokens.Access, jwt.SigningMethodHS256, []byte("another key of at least 32 bytes"), nil), auth.TokenInvalid},
		"expired":                    {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["exp"] = start.Unix() }), auth.TokenExpired},
		"expired and of another key": {forge(t, tokens.Access, jwt.SigningMethodHS256, secret[1:], func(_, c map[string]any) { c["exp"] = start.Unix() }), auth.TokenInvalid},
		"no exp":                     {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { delete(c, "exp") }), auth.TokenInvalid},
		"exp is text":                {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["exp"] = "never" }), auth.TokenInvalid},
		"exp is a number as text":    {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["exp"] = fmt.Sprint(start.Add(time.Hour).Unix()) }), auth.TokenInvalid},
		"exp is a past one as text":  {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["exp"] = "1" }), auth.TokenInvalid},
		"exp is null":                {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["exp"] = nil }), auth.TokenInvalid},
		"exp is no time":             {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["exp"] = 1e300 }), auth.TokenInvalid},
		"exp is before all times":    {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["exp"] = -1e300 }), auth.TokenInvalid},
		"nbf is no time":             {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["nbf"] = 1e300 }), auth.TokenInvalid},
		"exp is 0":                   {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["exp"] = 0 }), auth.TokenExpired},
		"not yet valid":              {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["nbf"] = start.Add(time.Minute).Unix() }), auth.TokenInvalid},
		"critical":                   {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(h, _ map[string]any) { h["crit"] = []string{"b64"} }), auth.TokenInvalid},
		"another user":               {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { hour(c); c["sub"] = "olga" }), auth.TokenInvalid},
		"another tenant":             {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { hour(c); c["tid"] = "globex" }), auth.TokenInvalid},
		"no such session":            {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { c["sid"] = "made-up" }), auth.TokenInvalid},
		"no session":                 {forge(t, tokens.Access, jwt.SigningMethodHS256, secret, func(_, c map[string]any) { delete(c, "sid") }), auth.TokenInvalid},
		"refresh token":              {tokens.Refresh, auth.TokenInvalid},
	} {
		t.Run("AUTH-8 "+name, func(t *testing.T) {
			_, _, err := b.Verify(t.Context(), c.token)
			var refused *auth.TokenError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.reason, refused.Reason)
			require.Equal(t, portal.Unauthorized, code(err))
			if c.token != "" {
				require.NotContains(t, err.Error(), c.token, "AUTH-15")
			}
		})
	}
	t.Run("AUTH-8 expired at exp", func(t *testing.T) {
		b.clock.add(15*time.Minute - 301*time.Millisecond)
		_, _, err := b.Verify(t.Context(), tokens.Access)
		require.NoError(t, err)
		b.clock.add(time.Millisecond)
		_, _, err = b.Verify(t.Context(), tokens.Access)
		var refused *auth.TokenError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, auth.TokenExpired, refused.Reason)
	})
	t.Run("AUTH-14 while the database is away", func(t *testing.T) {
		fresh := b.signIn(t)
		b.store.setAway(true)
		_, _, err := b.Verify(t.Context(), fresh.Access)
		require.Equal(t, portal.Unavailable, code(err))
		_, err = b.Refresh(t.Context(), fresh.Refresh)
		require.Equal(t, portal.Unavailable, code(err))
		b.store.setAway(false)
		_, _, err = b.Verify(t.Context(), fresh.Access)
		require.NoError(t, err)
	})
	t.Run("AUTH-13 a change of role", func(t *testing.T) {
		fresh := b.signIn(t)
		_, _, err := b.Verify(t.Context(), fresh.Access)
		require.NoError(t, err)
		require.NoError(t, b.store.Update(t.Context(), "acme", func(tx store.Tx) error {
			u, err := tx.User(t.Context(), "ann")
			if err != nil {
				return err
			}
			u.Role, u.Name = portal.RoleViewer, "Anna"
			return tx.PutUser(t.Context(), u)
		}))
		b.clock.add(3 * time.Second)
		who, _, err := b.Verify(t.Context(), fresh.Access)
		require.NoError(t, err)
		require.Equal(t, portal.RoleViewer, who.Role)
		require.Equal(t, "Anna", who.Name)
	})
}

func TestRefresh(t *testing.T) {
	t.Run("AUTH-10 rotates and slides", func(t *testing.T) {
		b := newBench(t)
		tokens := b.signIn(t)
		refresh := tokens.Refresh
		for range 3 {
			b.clock.add(700 * time.Hour)
			next, err := b.Refresh(t.Context(), refresh)
			require.NoError(t, err)
			require.NotEqual(t, refresh, next.Refresh)
			require.Equal(t, "ann@acme.test", next.User.Email)
			require.True(t, b.clock.Now().Add(720*time.Hour).Equal(next.RefreshExpiresAt))
			_, _, err = b.Verify(t.Context(), next.Access)
			require.NoError(t, err)
			refresh = next.Refresh
		}
		b.clock.add(720 * time.Hour)
		_, err := b.Refresh(t.Context(), refresh)
		require.Equal(t, portal.Unauthorized, code(err), "unused for its whole time")
	})
	t.Run("AUTH-11 the previous token", func(t *testing.T) {
		b := newBench(t)
		first := b.signIn(t).Refresh
		second, err := b.Refresh(t.Context(), first)
		require.NoError(t, err)
		b.clock.add(59 * time.Second)
		again, err := b.other.Refresh(t.Context(), first)
		require.NoError(t, err)
		require.Equal(t, second.Refresh, again.Refresh)
		_, _, err = b.Verify(t.Context(), again.Access)
		require.NoError(t, err)
		b.clock.add(time.Second)
		_, err = b.Refresh(t.Context(), first)
		require.Equal(t, portal.Unauthorized, code(err), "after 60 s")
		third, err := b.Refresh(t.Context(), second.Refresh)
		require.NoError(t, err)
		_, err = b.Refresh(t.Context(), first)
		require.Equal(t, portal.Unauthorized, code(err), "older than the previous")
		_, err = b.Refresh(t.Context(), third.Refresh)
		require.NoError(t, err, "which ends nobody's session")
	})
	t.Run("AUTH-11 tabs that refresh at once", func(t *testing.T) {
		b := newBench(t)
		refresh := b.signIn(t).Refresh
		var mu sync.Mutex
		got := map[string]int{}
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				node := []*auth.Auth{b.Auth, b.other}[i%2]
				tokens, err := node.Refresh(t.Context(), refresh)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					got[err.Error()]++
				} else {
					got[tokens.Refresh]++
				}
			})
		}
		all.Wait()
		require.Len(t, got, 1)
		for next := range got {
			_, err := b.Refresh(t.Context(), next)
			require.NoError(t, err)
		}
	})
	t.Run("AUTH-11 what never was a token", func(t *testing.T) {
		b := newBench(t)
		for _, token := range []string{"", "made-up", strings.Repeat("x", 10_000), b.signIn(t).Access} {
			_, err := b.Refresh(t.Context(), token)
			require.Equal(t, portal.Unauthorized, code(err))
		}
	})
	t.Run("AUTH-15 the store doesn't hold tokens", func(t *testing.T) {
		b := newBench(t)
		tokens := b.signIn(t)
		who, _, err := b.Verify(t.Context(), tokens.Access)
		require.NoError(t, err)
		session, err := b.store.AuthSession(t.Context(), who.SessionID)
		require.NoError(t, err)
		require.Len(t, session.RefreshHash, 32)
		require.NotContains(t, string(session.RefreshHash), tokens.Refresh)
		user, err := b.store.UserByEmail(t.Context(), "ann@acme.test")
		require.NoError(t, err)
		require.NotContains(t, user.PasswordHash, password)
	})
}

func TestSignOut(t *testing.T) {
	b := newBench(t)
	tokens, another := b.signIn(t), b.signIn(t)
	who, _, err := b.Verify(t.Context(), tokens.Access)
	require.NoError(t, err)
	var heard []string
	b.OnSignOut(func(id string) { heard = append(heard, id) })
	require.NoError(t, b.SignOut(t.Context(), tokens.Refresh))
	require.Equal(t, []string{who.SessionID}, heard, "AUTH-12")
	_, _, err = b.Verify(t.Context(), tokens.Access)
	var refused *auth.TokenError
	require.ErrorAs(t, err, &refused, "AUTH-12 though its identity was remembered")
	require.Equal(t, auth.TokenInvalid, refused.Reason)
	_, err = b.Refresh(t.Context(), tokens.Refresh)
	require.Equal(t, portal.Unauthorized, code(err))
	require.Equal(t, portal.Unauthorized, code(b.SignOut(t.Context(), tokens.Refresh)))
	require.Len(t, heard, 1)
	_, _, err = b.Verify(t.Context(), another.Access)
	require.NoError(t, err, "AUTH-12 other sessions live on")
	_, _, err = b.node(t).Verify(t.Context(), tokens.Access)
	require.Error(t, err, "AUTH-12 a node that starts later knows")
}

// nodeStore is a database in which another node signs out.
type nodeStore struct {
	store.Store
	mu      sync.Mutex
	away    bool
	revoked map[string]time.Time
}

func (s *nodeStore) RevokedSince(_ context.Context, after time.Time) (ids []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, portal.Errorf(portal.Unavailable, "away")
	}
	for id, at := range s.revoked {
		if at.After(after) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (s *nodeStore) revoke(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked[id] = time.Now()
}

func TestSignOutElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &nodeStore{revoked: map[string]time.Time{}}
		told, stop := listens(t, s, time.Now)

		s.revoke("one")
		time.Sleep(time.Second + time.Millisecond)
		synctest.Wait()
		require.Equal(t, []string{"one"}, told(), "AUTH-12 within about a second")

		s.mu.Lock()
		s.away = true
		s.mu.Unlock()
		time.Sleep(time.Hour)
		s.revoke("two")
		time.Sleep(time.Hour)
		s.mu.Lock()
		s.away = false
		s.mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"one", "two"}, told(), "AUTH-12 each once, missed ones too")
		stop()
	})
}

// listens is a node that hears of other nodes' sign-outs until stop.
func listens(t *testing.T, s store.Store, now func() time.Time) (told func() []string, stop func()) {
	a, err := auth.New(t.Context(), auth.Config{Store: s, Secret: secret, Now: now})
	require.NoError(t, err)
	var mu sync.Mutex
	var heard []string
	a.OnSignOut(func(id string) { mu.Lock(); defer mu.Unlock(); heard = append(heard, id) })
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { require.NoError(t, a.Run(ctx)) })
	told = func() []string { mu.Lock(); defer mu.Unlock(); return append([]string(nil), heard...) }
	return told, func() { cancel(); running.Wait() }
}

func TestSignOutByAnotherClock(t *testing.T) {
	for _, off := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		t.Run("AUTH-16 heard once by a node whose clock is off by "+off.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &nodeStore{revoked: map[string]time.Time{}}
				told, stop := listens(t, s, func() time.Time { return time.Now().Add(off) })
				time.Sleep(time.Hour)
				s.revoke("one")
				time.Sleep(time.Second + time.Millisecond)
				synctest.Wait()
				require.Equal(t, []string{"one"}, told())
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				require.Equal(t, []string{"one"}, told())
				stop()
			})
		})
	}
}
