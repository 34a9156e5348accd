package asyncapi

import (
	"encoding/json"

	"github.com/agentportal/portal"
)

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
	OK    bool      `json:"ok"`
	Seq   *int64    `json:"seq,omitempty" doc:"conversation:join: the position of the join. session:ping: up to it, this socket has been sent everything."`
	Error *AckError `json:"error,omitempty"`
}

// AckError says why an event was refused.
type AckError struct {
	Code    string `json:"code" enum:"invalid,not_found,forbidden,rate_limited,gone,internal"`
	Message string `json:"message"`
	Seq     *int64 `json:"seq,omitempty" doc:"gone: reload, then join with this seq."`
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

// InboundDelivery is a message of the inbound queue. Unknown members are ignored.
type InboundDelivery struct {
	TenantID      string          `json:"tenantId,omitempty" doc:"Needed without phone_number_id; both must agree."`
	PhoneNumberID string          `json:"phone_number_id,omitempty" doc:"Needed without tenantId."`
	WAMID         string          `json:"wamid" doc:"Unique in its tenant: the same again has no effect."`
	WaID          string          `json:"wa_id" doc:"The customer's number, digits only."`
	Timestamp     json.RawMessage `json:"timestamp" doc:"Unix seconds as a string or a number, or RFC 3339."`
	ContactName   *string         `json:"contact_name,omitempty" nullable:"true" doc:"Absent, it renames nobody."`
	MessageText   *string         `json:"message_text,omitempty" nullable:"true" doc:"Needed without media_url and type."`
	MediaURL      *string         `json:"media_url,omitempty" nullable:"true"`
	Type          *string         `json:"type,omitempty" nullable:"true" doc:"Absent, it is told from the media URL's ending."`
	Caption       *string         `json:"caption,omitempty" nullable:"true" doc:"Becomes the message's text."`
	MimeType      *string         `json:"mime_type,omitempty" nullable:"true"`
	Filename      *string         `json:"filename,omitempty" nullable:"true"`
	Display       *string         `json:"display_phone_number,omitempty" nullable:"true"`
}

// StatusDelivery is a delivery report of the status queue. Unknown members are ignored.
type StatusDelivery struct {
	TenantID      string          `json:"tenantId,omitempty" doc:"Needed without phone_number_id; both must agree."`
	PhoneNumberID string          `json:"phone_number_id,omitempty" doc:"Needed without tenantId."`
	WAMID         string          `json:"wamid"`
	Status        string          `json:"status" doc:"sent, delivered, read or failed. Others are acknowledged, counted and ignored."`
	Timestamp     json.RawMessage `json:"timestamp" doc:"Unix seconds as a string or a number, or RFC 3339."`
	RecipientID   *string         `json:"recipientId,omitempty" nullable:"true"`
	Errors        []ReportError   `json:"errors,omitempty" doc:"With failed."`
}

// ReportError is the provider's reason.
type ReportError struct {
	Code    json.RawMessage `json:"code" doc:"A number or a string."`
	Title   *string         `json:"title,omitempty" nullable:"true"`
	Message *string         `json:"message,omitempty" nullable:"true"`
}
