package rest

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/auth"
)

// statuses is the one table from codes to HTTP.
var statuses = map[portal.Code]int{
	portal.Invalid:      http.StatusUnprocessableEntity,
	portal.NotFound:     http.StatusNotFound,
	portal.Forbidden:    http.StatusForbidden,
	portal.Conflict:     http.StatusConflict,
	portal.Gone:         http.StatusGone,
	portal.RateLimited:  http.StatusTooManyRequests,
	portal.Unauthorized: http.StatusUnauthorized,
	portal.Unavailable:  http.StatusServiceUnavailable,
	portal.Internal:     http.StatusInternalServerError,
}

// Problem is an RFC 9457 problem document. Its type is always "about:blank"; Code tells programs what it is.
type Problem struct {
	Type   string         `json:"type" doc:"Always about:blank: the status and code say it all."`
	Title  string         `json:"title" doc:"The status in words."`
	Status int            `json:"status" doc:"The HTTP status."`
	Detail string         `json:"detail,omitempty" doc:"What is wrong this time, for people."`
	Code   portal.Code    `json:"code" doc:"What kind of failure it is, for programs."`
	Reason portal.Refusal `json:"reason,omitempty" doc:"Why it is refused, for programs, where there is a word for it; of a token token_missing, token_invalid or token_expired."`
	Errors []WrongField   `json:"errors,omitempty" doc:"The fields that are wrong."`
	Data   map[string]any `json:"-"` // further members, such as newer
}

// WrongField names a field and what is wrong with it. Values aren't repeated: they may be large, or secret.
type WrongField struct {
	Location string `json:"location" doc:"Such as body.text or query.limit."`
	Message  string `json:"message"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	switch p.Status {
	case http.StatusTooManyRequests:
		h.Set("Retry-After", "1")
		if seconds, ok := p.Data["retryAfter"].(int); ok {
			h.Set("Retry-After", strconv.Itoa(seconds))
		}
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
		if p.Reason == portal.WhyTokenInvalid || p.Reason == portal.WhyTokenExpired {
			h.Set("WWW-Authenticate", `Bearer error="invalid_token"`) // RFC 6750 section 3
		}
	}
	return h
}

// MarshalJSON puts Data beside the standard members, which it can't replace.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type plain Problem
	standard, err := json.Marshal((*plain)(p))
	if err != nil || len(p.Data) == 0 {
		return standard, err
	}
	members := map[string]any{}
	maps.Copy(members, p.Data)
	var own map[string]json.RawMessage
	if err := json.Unmarshal(standard, &own); err != nil {
		return nil, err
	}
	for name, value := range own {
		members[name] = value
	}
	return json.Marshal(members)
}

// write sends the problem as the whole answer.
func (p *Problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil { // Data that can't be written; the rest can
		body, _ = json.Marshal(&Problem{Type: p.Type, Title: p.Title, Status: p.Status, Detail: p.Detail, Code: p.Code})
	}
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // a reader that went away is nobody's problem
}

// problem makes a problem for what HTTP itself refuses.
func problem(status int, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: codeOf(status)}
}

// codeOf is the way back through the table; a status without a row is the client's mistake, or ours.
func codeOf(status int) portal.Code {
	for code, s := range statuses {
		if s == status {
			return code
		}
	}
	if status >= http.StatusInternalServerError {
		return portal.Internal
	}
	return portal.Invalid
}

// problemOf maps a failure out. What no portal.Error describes is internal and isn't shown.
func problemOf(err error) *Problem {
	var known *portal.Error
	if !errors.As(err, &known) || known.Code == portal.Internal {
		return problem(http.StatusInternalServerError, "Something went wrong on our side. Try again.")
	}
	status, ok := statuses[known.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	p := problem(status, known.Message)
	p.Code, p.Reason, p.Data = known.Code, known.Why, known.Data
	var token *auth.TokenError
	if errors.As(err, &token) {
		p.Reason = portal.Refusal(token.Reason)
	}
	return p
}

const tooLarge = "The body is larger than 1 MiB."

// ownProblems turns the framework's errors into ours.
func ownProblems(_ huma.Context, _ string, v any) (any, error) {
	theirs, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := problem(theirs.Status, theirs.Detail)
	switch theirs.Status {
	case http.StatusBadRequest:
		p.Detail = "The body is no JSON."
	case http.StatusUnprocessableEntity:
		p.Detail = "Something in the request can't be that; errors says what."
	case http.StatusRequestEntityTooLarge:
		p.Detail = tooLarge
	case http.StatusUnsupportedMediaType:
		p.Detail = "Send JSON, as application/json."
	}
	for _, e := range theirs.Errors {
		p.Errors = append(p.Errors, WrongField{Location: e.Location, Message: e.Message})
	}
	return p, nil
}
