package bodies

import "github.com/agentportal/portal"

// Join is the body of conversation:join.
type Join struct {
	ConversationID string `json:"conversationId"`
	Since          *int64 `json:"since,omitempty" doc:"Replay the conversation's message events after this seq first."`
}

// Room is the body of conversation:leave, and of typing events that a client sends.
type Room struct {
	ConversationID string `json:"conversationId"`
}

// NewToken is the body of auth:refresh.
type NewToken struct {
	Token string `json:"token"`
}

// Ping is the body of session:ping.
type Ping struct{}

// Ack answers every event of a client.
type Ack struct {
	OK        bool         `json:"ok"`
	Seq       *int64       `json:"seq,omitempty" doc:"conversation:join: the position of the join. session:ping: up to it, this socket has been sent everything."`
	ExpiresAt *portal.Time `json:"expiresAt,omitempty" doc:"auth:refresh: until when the socket lives."`
	Error     *AckError    `json:"error,omitempty"`
}

// AckError says why an event was refused.
type AckError struct {
	Code    string `json:"code" enum:"invalid,not_found,forbidden,rate_limited,gone,internal"`
	Message string `json:"message"`
	Seq     *int64 `json:"seq,omitempty" doc:"gone: reload, then join with this seq."`
	Since   *int64 `json:"since,omitempty" doc:"gone: what was asked for."`
}

// Ready is the body of session:ready.
type Ready struct {
	User     Self   `json:"user"`
	TenantID string `json:"tenantId"`
	Seq      int64  `json:"seq" doc:"Up to it, this socket has been sent everything."`
}

// Self is the user whom a socket belongs to.
type Self struct {
	ID       string      `json:"id"`
	Email    string      `json:"email"`
	Name     string      `json:"name"`
	Role     portal.Role `json:"role"`
	TenantID string      `json:"tenantId"`
}

// Typing is the body of typing events that the server sends.
type Typing struct {
	ConversationID string `json:"conversationId"`
	Actor          Actor  `json:"actor"`
}

// Actor is who is typing.
type Actor struct {
	Type string `json:"type" enum:"agent,customer"`
	ID   string `json:"id"`
	Name string `json:"name"`
}
