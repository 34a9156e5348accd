package whatsapp

import (
	"encoding/json"
	"strconv"
)

// The formats of the Cloud API, as far as the portal reads or writes them.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages

// Payload is a webhook's body.
type Payload struct {
	Object string  `json:"object"`
	Entry  []Entry `json:"entry"`
}

// Entry is what happened at one WhatsApp business account.
type Entry struct {
	ID      string   `json:"id"`
	Changes []Change `json:"changes"`
}

// Change is what happened at one number.
type Change struct {
	Field string `json:"field"`
	Value Value  `json:"value"`
}

// Value holds a number's new messages and delivery reports. They stay raw here, so that one odd message takes no
// other with it.
type Value struct {
	MessagingProduct string            `json:"messaging_product"`
	Metadata         Metadata          `json:"metadata"`
	Contacts         []json.RawMessage `json:"contacts,omitempty"` // of Contact
	Messages         []json.RawMessage `json:"messages,omitempty"` // of Message
	Statuses         []json.RawMessage `json:"statuses,omitempty"` // of Status
}

// Metadata names the number that was written to.
type Metadata struct {
	DisplayPhoneNumber string `json:"display_phone_number"`
	PhoneNumberID      string `json:"phone_number_id"`
}

// Contact is a sender.
type Contact struct {
	Profile Profile `json:"profile"`
	WaID    string  `json:"wa_id"`
}

// Profile is what a sender tells of themselves.
type Profile struct {
	Name string `json:"name"`
}

// Message is a message from a contact. One of the pointers is set, the one that Type names.
type Message struct {
	From      string    `json:"from"`
	ID        string    `json:"id"`
	Timestamp string    `json:"timestamp"` // Unix seconds
	Type      string    `json:"type"`
	Text      *Text     `json:"text,omitempty"`
	Image     *Media    `json:"image,omitempty"`
	Video     *Media    `json:"video,omitempty"`
	Audio     *Media    `json:"audio,omitempty"`
	Document  *Media    `json:"document,omitempty"`
	Sticker   *Media    `json:"sticker,omitempty"`
	Location  *Location `json:"location,omitempty"`
	Reaction  *Reaction `json:"reaction,omitempty"`
}

// Text is a text message's content.
type Text struct {
	Body       string `json:"body"`
	PreviewURL bool   `json:"preview_url,omitempty"`
}

// Media is the content of an image, video, audio, document or sticker message.
type Media struct {
	ID       string `json:"id,omitempty"`
	URL      string `json:"url,omitempty"`
	Link     string `json:"link,omitempty"`
	MimeType string `json:"mime_type,omitempty"`
	SHA256   string `json:"sha256,omitempty"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
}

// Location is a place.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// Reaction is an emoji to a message; none takes it back.
type Reaction struct {
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji,omitempty"`
}

// Status is a delivery report.
type Status struct {
	ID          string       `json:"id"`
	Status      string       `json:"status"`
	Timestamp   string       `json:"timestamp"` // Unix seconds
	RecipientID string       `json:"recipient_id"`
	Errors      []GraphError `json:"errors,omitempty"`
}

// SendRequest is the body of POST /{version}/{phoneNumberId}/messages.
type SendRequest struct {
	MessagingProduct string `json:"messaging_product"`
	RecipientType    string `json:"recipient_type"`
	To               string `json:"to"`
	Type             string `json:"type"`
	Text             Text   `json:"text"`
}

// SendResponse is the answer to a [SendRequest]: what was sent, or why not.
type SendResponse struct {
	MessagingProduct string        `json:"messaging_product,omitempty"`
	Contacts         []SendContact `json:"contacts,omitempty"`
	Messages         []SendID      `json:"messages,omitempty"`
	Error            *GraphError   `json:"error,omitempty"`
}

// SendContact is the receiver as the provider knows it.
type SendContact struct {
	Input string `json:"input"`
	WaID  string `json:"wa_id"`
}

// SendID is the wamid that a message got.
type SendID struct {
	ID string `json:"id"`
}

// GraphError is the provider's reason for a failure, in answers and in reports.
type GraphError struct {
	Code      ErrorCode  `json:"code"`
	Title     string     `json:"title,omitempty"`
	Message   string     `json:"message,omitempty"`
	Type      string     `json:"type,omitempty"`
	ErrorData *ErrorData `json:"error_data,omitempty"`
}

// ErrorCode is the provider's code for a failure. It is a number on the wire; some of what stands between the
// provider and a portal makes a string of it, which is read as well.
type ErrorCode string

// UnmarshalJSON takes a number as it is written, or a string.
func (c *ErrorCode) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, (*string)(c))
	}
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return err
	}
	*c = ErrorCode(n)
	return nil
}

// MarshalJSON writes a code that is a number as one.
func (c ErrorCode) MarshalJSON() ([]byte, error) {
	if _, err := strconv.Atoi(string(c)); err == nil {
		return []byte(c), nil
	}
	return json.Marshal(string(c))
}

// ErrorData says more about a failure.
type ErrorData struct {
	Details string `json:"details,omitempty"`
}
