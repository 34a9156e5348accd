package bodies

import "encoding/json"

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
	MediaID       *string         `json:"media_id,omitempty" nullable:"true" doc:"The provider's id of the file. Where it stands the portal fetches the file, and the message's mediaUrl is the portal's own address."`
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
	Conversation  json.RawMessage `json:"conversation,omitempty" doc:"The provider's; not used."`
}

// ReportError is the provider's reason.
type ReportError struct {
	Code    json.RawMessage `json:"code" doc:"A number or a string."`
	Title   *string         `json:"title,omitempty" nullable:"true"`
	Message *string         `json:"message,omitempty" nullable:"true"`
	Data    json.RawMessage `json:"error_data,omitempty" doc:"The provider's; not used."`
	Href    *string         `json:"href,omitempty" nullable:"true" doc:"The provider's; not used."`
}
