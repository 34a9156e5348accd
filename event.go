package portal

import "encoding/json"

// EventType is the name of an event, as clients hear it.
type EventType string

// The durable events.
const (
	ConversationNew      EventType = "conversation:new"
	ConversationUpdated  EventType = "conversation:updated"
	ConversationAssigned EventType = "conversation:assigned"
	MessageNew           EventType = "message:new"
	MessageDelivered     EventType = "message:delivered"
)

// Reason says why a conversation:updated was made.
type Reason string

// The reasons.
const (
	ReasonStatus  Reason = "status"
	ReasonMessage Reason = "message"
	ReasonRead    Reason = "read"
	ReasonContact Reason = "contact"
)

// Event is one entry of a tenant's log. Seq counts 1, 2, 3 … without gaps in
// the order in which changes were committed. Body is the JSON that clients get,
// its own seq included, encoded once when the event is made.
type Event struct {
	Seq            int64
	Type           EventType
	ConversationID string
	At             Time
	Body           json.RawMessage
}

// InConversationRoom tells whether the event goes to those who joined its
// conversation; otherwise it goes to the whole tenant.
func (t EventType) InConversationRoom() bool { return t == MessageNew || t == MessageDelivered }

// ConversationNewBody is the body of conversation:new.
type ConversationNewBody struct {
	Seq          int64         `json:"seq"`
	Conversation *Conversation `json:"conversation"`
}

// ConversationUpdatedBody is the body of conversation:updated.
type ConversationUpdatedBody struct {
	Seq          int64         `json:"seq"`
	Conversation *Conversation `json:"conversation"`
	Reason       Reason        `json:"reason"`
}

// ConversationAssignedBody is the body of conversation:assigned.
type ConversationAssignedBody struct {
	Seq          int64         `json:"seq"`
	Conversation *Conversation `json:"conversation"`
	Assignee     *Person       `json:"assignee"`
}

// MessageNewBody is the body of message:new.
type MessageNewBody struct {
	Seq     int64    `json:"seq"`
	Message *Message `json:"message"`
}

// MessageDeliveredBody is the body of message:delivered.
type MessageDeliveredBody struct {
	Seq            int64         `json:"seq"`
	ConversationID string        `json:"conversationId"`
	MessageID      string        `json:"messageId"`
	ClientID       *string       `json:"clientId,omitempty"`
	Status         MessageStatus `json:"status"`
	At             Time          `json:"at"`
	Attempts       int           `json:"attempts"`
	WAMID          *string       `json:"wamid"`
	Error          *MessageError `json:"error,omitempty"`
}
