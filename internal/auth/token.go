package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/golang-jwt/jwt/v5"
)

// longestToken bounds the work that an unauthenticated string can cause.
const longestToken = 4096

// Tokens is what a sign-in or a refresh gives.
type Tokens struct {
	Access           string
	ExpiresAt        time.Time // of Access
	Refresh          string
	RefreshExpiresAt time.Time
	User             portal.User
}

// claims is what an access token says. Role and name are not in it: they are
// read when the token is used, so that a change needs no new token.
type claims struct {
	Tenant  string `json:"tid"`
	Session string `json:"sid"`
	jwt.RegisteredClaims
}

// lastSecond is the end of the year 9999, the last of RFC 3339.
const lastSecond = 253_402_300_799

// UnmarshalJSON is stricter than the library, which takes texts for times, and for the past what is beyond all of
// them: RFC 7519 section 2 has numbers.
func (c *claims) UnmarshalJSON(b []byte) error {
	var times struct {
		Expires   *float64 `json:"exp"`
		NotBefore *float64 `json:"nbf"`
		Issued    *float64 `json:"iat"`
	}
	if err := json.Unmarshal(b, &times); err != nil {
		return err
	}
	for _, at := range []*float64{times.Expires, times.NotBefore, times.Issued} {
		if at != nil && math.Abs(*at) > lastSecond {
			return errors.New("a time that is none")
		}
	}
	type plain claims
	return json.Unmarshal(b, (*plain)(c))
}

func (a *Auth) tokens(session store.AuthSession, user portal.User, refresh string) (Tokens, error) {
	expires := a.accessExpiry()
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Tenant: session.TenantID, Session: session.ID,
		RegisteredClaims: jwt.RegisteredClaims{Subject: session.UserID,
			IssuedAt: jwt.NewNumericDate(a.now()), ExpiresAt: jwt.NewNumericDate(expires)},
	})
	access, err := token.SignedString(a.accessKey)
	if err != nil {
		return Tokens{}, fmt.Errorf("sign access token: %w", err)
	}
	return Tokens{Access: access, ExpiresAt: expires, Refresh: refresh, RefreshExpiresAt: session.ExpiresAt, User: user}, nil
}

// accessExpiry is rounded up to a whole second, the precision of exp, so that a
// short-lived token never lives less than was asked for.
func (a *Auth) accessExpiry() time.Time {
	expires := a.now().Add(a.accessTTL).UTC()
	if whole := expires.Truncate(time.Second); !whole.Equal(expires) {
		return whole.Add(time.Second)
	}
	return expires
}

// parse checks the signature and the life of an access token. Only HS256 under
// our key counts, whatever the token's own header asks for.
func (a *Auth) parse(access string) (claims, error) {
	if access == "" {
		return claims{}, &TokenError{Reason: TokenMissing}
	}
	if len(access) > longestToken {
		return claims{}, &TokenError{Reason: TokenInvalid}
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired(), jwt.WithStrictDecoding(), jwt.WithTimeFunc(a.now))
	var c claims
	token, err := parser.ParseWithClaims(access, &c, func(*jwt.Token) (any, error) { return a.accessKey, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return claims{}, &TokenError{Reason: TokenExpired}
	case err != nil, c.Subject == "", c.Tenant == "", c.Session == "":
		return claims{}, &TokenError{Reason: TokenInvalid}
	}
	if _, critical := token.Header["crit"]; critical { // RFC 7515 4.1.11: not understood, so refused
		return claims{}, &TokenError{Reason: TokenInvalid}
	}
	return c, nil
}
