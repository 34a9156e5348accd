package whatsapp

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Inbound is a message from a contact as it stands in the queue of inbound messages.
type Inbound struct {
	TenantID           string          `json:"tenantId"`
	WAMID              string          `json:"wamid"`
	WaID               string          `json:"wa_id"`
	ContactName        string          `json:"contact_name,omitempty"`
	Timestamp          json.RawMessage `json:"timestamp,omitempty"` // as the provider wrote it
	Type               string          `json:"type,omitempty"`
	MessageText        *string         `json:"message_text"`
	Caption            *string         `json:"caption,omitempty"`
	MediaURL           *string         `json:"media_url"`
	MediaID            string          `json:"media_id,omitempty"`
	MimeType           *string         `json:"mime_type,omitempty"`
	Filename           *string         `json:"filename,omitempty"`
	PhoneNumberID      string          `json:"phone_number_id"`
	DisplayPhoneNumber string          `json:"display_phone_number,omitempty"`
}

// Report is a delivery report as it stands in the queue of reports. What the portal only passes on stays as the
// provider wrote it.
type Report struct {
	TenantID      string          `json:"tenantId"`
	WAMID         string          `json:"wamid"`
	RecipientID   string          `json:"recipientId,omitempty"`
	Status        string          `json:"status"`
	Timestamp     json.RawMessage `json:"timestamp,omitempty"`
	Errors        json.RawMessage `json:"errors,omitempty"`
	Conversation  json.RawMessage `json:"conversation,omitempty"`
	PhoneNumberID string          `json:"phone_number_id"`
}

// Events are what one webhook tells of one number, in the order in which it tells it.
type Events struct {
	PhoneNumberID string
	Inbound       []Inbound
	Reports       []Report
}

// Decode reads a webhook's body. Only a body that isn't a webhook at all is an error; a message or report in it
// that makes no sense is passed on as far as it does, for the bridge to judge. Tenants aren't known here.
func Decode(body []byte) ([]Events, error) {
	body = bytes.ToValidUTF8(body, []byte("\uFFFD")) // parts of it are passed on as they are
	var p struct {
		Entry []json.RawMessage `json:"entry"`
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, fmt.Errorf("not a webhook: %w", err)
	}
	var all []Events
	for _, entry := range p.Entry {
		for _, change := range object(entry).list("changes") {
			if v := object(object(change)["value"]); v != nil { // else of another kind of webhook
				all = append(all, events(v))
			}
		}
	}
	return all, nil
}

// events reads a change's value, each part by itself: one that is odd takes no other with it.
func events(v fields) Events {
	metadata, messages := object(v["metadata"]), v.list("messages")
	number, shown := metadata.word("phone_number_id"), metadata.word("display_phone_number")
	e := Events{PhoneNumberID: number}
	names := contactNames(v.list("contacts"))
	for _, raw := range messages {
		in := inbound(raw)
		in.PhoneNumberID, in.DisplayPhoneNumber = number, shown
		in.ContactName = names[in.WaID]
		if in.ContactName == "" && len(names) == 1 && len(messages) == 1 {
			// A number may be written in two ways (Brazil, Mexico): there is no other whose name it could be.
			for _, name := range names {
				in.ContactName = name
			}
		}
		e.Inbound = append(e.Inbound, in)
	}
	for _, raw := range v.list("statuses") {
		r := report(raw)
		r.PhoneNumberID = number
		e.Reports = append(e.Reports, r)
	}
	return e
}

func contactNames(raw []json.RawMessage) map[string]string {
	names := map[string]string{}
	for _, r := range raw {
		var c Contact
		if json.Unmarshal(r, &c) == nil && c.Profile.Name != "" {
			names[c.WaID] = c.Profile.Name
		}
	}
	return names
}

func inbound(raw json.RawMessage) Inbound {
	var f fields
	if json.Unmarshal(raw, &f) != nil {
		text := string(raw)
		return Inbound{Type: unknownType, MessageText: &text}
	}
	in := Inbound{WAMID: f.text("id"), WaID: f.text("from"), Timestamp: f["timestamp"], Type: f.text("type")}
	if in.Type == "" {
		in.Type = unknownType
	}
	f.describe(&in)
	return in
}

func report(raw json.RawMessage) Report {
	var f fields
	if json.Unmarshal(raw, &f) != nil {
		return Report{Status: string(raw)}
	}
	return Report{
		WAMID: f.text("id"), RecipientID: f.text("recipient_id"), Status: f.text("status"),
		Timestamp: f["timestamp"], Errors: f["errors"], Conversation: f["conversation"],
	}
}

// fields is a JSON object that is read as far as it makes sense.
type fields map[string]json.RawMessage

// object reads a JSON object; nil if it is none.
func object(raw json.RawMessage) fields {
	var f fields
	if json.Unmarshal(raw, &f) != nil {
		return nil
	}
	return f
}

// list is a field that is a list; nil if it isn't.
func (f fields) list(name string) []json.RawMessage {
	var all []json.RawMessage
	if json.Unmarshal(f[name], &all) != nil {
		return nil
	}
	return all
}

// word is a field that is a string or a number, as it is written; "" if it is neither.
func (f fields) word(name string) string {
	var s json.Number
	if json.Unmarshal(f[name], &s) == nil && s != "" {
		return s.String()
	}
	return f.text(name)
}

// text is a field that is a string; "" if it isn't.
func (f fields) text(name string) string {
	var s string
	if json.Unmarshal(f[name], &s) != nil {
		return ""
	}
	return s
}
