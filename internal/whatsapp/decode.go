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
		Entry []struct {
			Changes []struct {
				Value json.RawMessage `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, fmt.Errorf("not a webhook: %w", err)
	}
	var all []Events
	for _, e := range p.Entry {
		for _, c := range e.Changes {
			var v Value
			if json.Unmarshal(c.Value, &v) != nil {
				continue // of another kind of webhook
			}
			all = append(all, events(v))
		}
	}
	return all, nil
}

func events(v Value) Events {
	e := Events{PhoneNumberID: v.Metadata.PhoneNumberID}
	names := contactNames(v.Contacts)
	for _, raw := range v.Messages {
		in := inbound(raw)
		in.PhoneNumberID, in.DisplayPhoneNumber = v.Metadata.PhoneNumberID, v.Metadata.DisplayPhoneNumber
		in.ContactName = names[in.WaID]
		if in.ContactName == "" && len(names) == 1 && len(v.Messages) == 1 {
			// A number may be written in two ways (Brazil, Mexico): there is no other whose name it could be.
			for _, name := range names {
				in.ContactName = name
			}
		}
		e.Inbound = append(e.Inbound, in)
	}
	for _, raw := range v.Statuses {
		r := report(raw)
		r.PhoneNumberID = v.Metadata.PhoneNumberID
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

// text is a field that is a string; "" if it isn't.
func (f fields) text(name string) string {
	var s string
	if json.Unmarshal(f[name], &s) != nil {
		return ""
	}
	return s
}
