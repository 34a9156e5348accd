package portal

// Channel is the way a contact reaches the tenant.
type Channel string

// The channels.
const (
	ChannelWhatsApp Channel = "whatsapp"
	ChannelWebchat  Channel = "webchat"
)

// ConversationStatus is active or closed.
type ConversationStatus string

// The conversation's states.
const (
	ConversationActive ConversationStatus = "active"
	ConversationClosed ConversationStatus = "closed"
)

// Contact is the customer.
type Contact struct {
	ID   string  `json:"id"`
	WaID *string `json:"waId"` // phone number, digits only; nil off WhatsApp
	Name string  `json:"name"`
}

// LastMessage is what a list shows of a conversation's newest message.
type LastMessage struct {
	ID        string        `json:"id"`
	Direction Direction     `json:"direction"`
	Text      string        `json:"text"`
	Type      MessageType   `json:"type"`
	Status    MessageStatus `json:"status"`
	Error     *MessageError `json:"error"`
	CreatedAt Time          `json:"createdAt"`
}

// Conversation is a run of messages with one contact.
//
// A contact has at most one active conversation. Version is the seq of its
// last change: of two copies the one with the higher version is right.
type Conversation struct {
	ID             string             `json:"id"`
	Version        int64              `json:"version"`
	TenantID       string             `json:"tenantId"`
	Channel        Channel            `json:"channel"`
	Contact        Contact            `json:"contact"`
	Status         ConversationStatus `json:"status"`
	Assignee       *Person            `json:"assignee"`
	UnreadCount    int                `json:"unreadCount"`
	MessageCount   int                `json:"messageCount"`
	LastMessage    *LastMessage       `json:"lastMessage"`
	CreatedAt      Time               `json:"createdAt"`
	LastActivityAt Time               `json:"lastActivityAt"` // commit time of the last message; never goes back
	ClosedAt       Time               `json:"closedAt"`
}
