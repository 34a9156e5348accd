package auth

import "github.com/agentportal/portal"

// The reasons why an access token is refused, as clients hear them.
const (
	TokenMissing = string(portal.WhyTokenMissing)
	TokenInvalid = string(portal.WhyTokenInvalid)
	TokenExpired = string(portal.WhyTokenExpired)
)

// TokenError says why an access token is refused. It unwraps to a portal.Error
// with code Unauthorized.
type TokenError struct{ Reason string }

// Error implements error.
func (e *TokenError) Error() string { return "unauthorized: " + e.Reason }

// Unwrap gives the portal.Error, the same for every reason.
func (e *TokenError) Unwrap() error {
	return &portal.Error{Code: portal.Unauthorized, Message: "sign in again"}
}
