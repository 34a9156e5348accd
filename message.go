package portal

// Direction is where a message goes.
type Direction string

// The directions.
const (
	Inbound  Direction = "inbound"  // from the contact
	Outbound Direction = "outbound" // to the contact
)

// MessageType is the kind of content. Kinds that the portal doesn't know are
// kept under the name that the provider gave.
type MessageType string

// The kinds that the page shows in their own way.
const (
	TypeText     MessageType = "text"
	TypeImage    MessageType = "image"
	TypeVideo    MessageType = "video"
	TypeAudio    MessageType = "audio"
	TypeDocument MessageType = "document"
)

// AuthorType is who wrote a message.
type AuthorType string

// The kinds of authors.
const (
	AuthorCustomer AuthorType = "customer"
	AuthorAgent    AuthorType = "agent"
	AuthorSystem   AuthorType = "system"
)

// Author is who wrote a message.
type Author struct {
	Type AuthorType `json:"type"`
	ID   string     `json:"id"`
	Name string     `json:"name"`
}

// MessageError is the provider's reason for a failure. Code is the provider's,
// as a string.
type MessageError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Message is one message of a conversation. Threads are ordered by Seq, which
// is commit order; CreatedAt of an inbound message is the provider's time.
type Message struct {
	ID             string        `json:"id"`
	Version        int64         `json:"version"` // seq of its last change
	Seq            int64         `json:"seq"`     // seq of its message:new: its place in the thread
	ConversationID string        `json:"conversationId"`
	Direction      Direction     `json:"direction"`
	Type           MessageType   `json:"type"`
	Text           string        `json:"text"`
	MediaURL       *string       `json:"mediaUrl"`
	MediaID        *string       `json:"-"` // the provider's name for the file, which only the portal can fetch
	MimeType       *string       `json:"mimeType"`
	Filename       *string       `json:"filename"`
	Status         MessageStatus `json:"status"`
	Error          *MessageError `json:"error"`
	Attempts       int           `json:"attempts"`
	WAMID          *string       `json:"wamid"`
	ClientID       *string       `json:"clientId"`
	Author         Author        `json:"author"`
	CreatedAt      Time          `json:"createdAt"`
	SentAt         Time          `json:"sentAt"`
	DeliveredAt    Time          `json:"deliveredAt"`
	ReadAt         Time          `json:"readAt"`
}

// Summary is what the conversation's list row shows of m.
func (m *Message) Summary() *LastMessage {
	return &LastMessage{ID: m.ID, Direction: m.Direction, Text: m.Text, Type: m.Type,
		Status: m.Status, Error: m.Error, CreatedAt: m.CreatedAt}
}
