package portal

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an Error is. Drivers map their failures into
// codes, internal/rest and internal/live map codes out; nothing between them
// looks at anything else.
type Code string

// The codes. The first six have their own meaning towards clients.
const (
	Invalid      Code = "invalid"      // the input is wrong; trying again changes nothing
	NotFound     Code = "not_found"    // missing, or another tenant's
	Forbidden    Code = "forbidden"    // the role doesn't allow it
	Conflict     Code = "conflict"     // the state doesn't allow it
	Gone         Code = "gone"         // older than the log
	RateLimited  Code = "rate_limited" // too fast
	Unauthorized Code = "unauthorized" // no valid sign-in
	Unavailable  Code = "unavailable"  // can't be done for now: the database is away, or draining
	Internal     Code = "internal"     // unknown; logged once, never shown
)

// Error is the one error type that crosses packages.
type Error struct {
	Code    Code
	Why     Refusal        // for programs, where there is a word for it
	Message string         // for people; says what to do; never holds a secret or a raw driver error
	Data    map[string]any // further fields of the answer, such as "seq" or "newer"
	Err     error          // the cause, for the log only
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error. A %w among the arguments becomes its cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// CodeOf is the code of err: "" for nil, Internal for what no Error describes.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
