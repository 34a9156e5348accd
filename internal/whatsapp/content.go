package whatsapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// unknownType is the type of a message that has none.
const unknownType = "unknown"

// describe fills in what a message holds, by its type. A type that isn't known here, or whose content isn't what
// it should be, is kept whole, as JSON.
func (f fields) describe(in *Inbound) {
	content := f[in.Type]
	switch in.Type {
	case "image", "video", "audio", "document", "sticker":
		if describeMedia(content, in) {
			return
		}
	default:
		if text, ok := f.plainText(in.Type, content); ok {
			in.MessageText = &text
			return
		}
	}
	in.MessageText = f.whole(content)
}

// plainText is a message in words.
func (f fields) plainText(kind string, content json.RawMessage) (string, bool) {
	switch kind {
	case "text":
		return textField(content, "body")
	case "button":
		return textField(content, "text")
	case "system":
		return textField(content, "body")
	case "reaction":
		return reactionText(content)
	case "location":
		return locationText(content)
	case "contacts":
		return contactsText(content)
	case "interactive":
		return interactiveText(content)
	case "order":
		return orderText(content)
	case "unsupported":
		return unsupportedText(f["errors"], content)
	}
	return "", false
}

// whole is all of a message that isn't understood: its content, or where that has no place of its own, everything.
func (f fields) whole(content json.RawMessage) *string {
	if len(content) == 0 {
		all, err := json.Marshal(f)
		if err != nil {
			return nil // can't be: it was just read
		}
		content = all
	}
	var compact bytes.Buffer
	if json.Compact(&compact, content) != nil {
		return nil
	}
	text := strings.ToValidUTF8(compact.String(), "\uFFFD")
	return &text
}

func textField(content json.RawMessage, name string) (string, bool) {
	var f fields
	var text string
	ok := json.Unmarshal(content, &f) == nil && json.Unmarshal(f[name], &text) == nil
	return text, ok
}

func describeMedia(content json.RawMessage, in *Inbound) bool {
	var m Media
	if len(content) == 0 || json.Unmarshal(content, &m) != nil {
		return false
	}
	in.MediaID = m.ID
	in.MediaURL = optional(m.URL)
	if in.MediaURL == nil {
		in.MediaURL = optional(m.Link)
	}
	in.Caption, in.MimeType, in.Filename = optional(m.Caption), optional(m.MimeType), optional(m.Filename)
	return true
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// reactionText is the emoji; none when a reaction was taken back.
func reactionText(content json.RawMessage) (string, bool) {
	var r Reaction
	if len(content) == 0 || json.Unmarshal(content, &r) != nil {
		return "", false
	}
	return r.Emoji, true
}

func locationText(content json.RawMessage) (string, bool) {
	var l struct {
		Location
		Latitude  *float64 `json:"latitude"`
		Longitude *float64 `json:"longitude"`
	}
	if len(content) == 0 || json.Unmarshal(content, &l) != nil || l.Latitude == nil || l.Longitude == nil {
		return "", false
	}
	at := strconv.FormatFloat(*l.Latitude, 'f', -1, 64) + "," + strconv.FormatFloat(*l.Longitude, 'f', -1, 64)
	return lines(l.Name, l.Address, "https://maps.google.com/?q="+at), true
}

// contactsText has a line for each contact: name, company, numbers, addresses.
func contactsText(content json.RawMessage) (string, bool) {
	var contacts []struct {
		Name struct {
			FormattedName string `json:"formatted_name"`
			FirstName     string `json:"first_name"`
		} `json:"name"`
		Phones []struct {
			Phone string `json:"phone"`
			WaID  string `json:"wa_id"`
		} `json:"phones"`
		Emails []struct {
			Email string `json:"email"`
		} `json:"emails"`
		Org struct {
			Company string `json:"company"`
		} `json:"org"`
	}
	if json.Unmarshal(content, &contacts) != nil || len(contacts) == 0 {
		return "", false
	}
	var all []string
	for _, c := range contacts {
		parts := []string{c.Name.FormattedName}
		if c.Name.FormattedName == "" {
			parts[0] = c.Name.FirstName
		}
		parts = append(parts, c.Org.Company)
		for _, p := range c.Phones {
			if p.Phone == "" {
				p.Phone = p.WaID
			}
			parts = append(parts, p.Phone)
		}
		for _, e := range c.Emails {
			parts = append(parts, e.Email)
		}
		all = append(all, joined(", ", parts))
	}
	return lines(all...), true
}

// interactiveText is what the contact chose, or filled in.
func interactiveText(content json.RawMessage) (string, bool) {
	type reply struct {
		Title        string `json:"title"`
		Description  string `json:"description"`
		Body         string `json:"body"`
		ResponseJSON string `json:"response_json"`
	}
	var i struct {
		Button *reply `json:"button_reply"`
		List   *reply `json:"list_reply"`
		Flow   *reply `json:"nfm_reply"`
	}
	if len(content) == 0 || json.Unmarshal(content, &i) != nil {
		return "", false
	}
	for _, r := range []*reply{i.Button, i.List, i.Flow} {
		if r != nil {
			return lines(r.Title, r.Description, r.Body, formText(r.ResponseJSON)), true
		}
	}
	return "", false
}

// formText has a line for each field of a form, in the form's order, without the token that is no field; what isn't an
// object stays as it is.
func formText(response string) string {
	d := json.NewDecoder(strings.NewReader(response))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return response
	}
	var all []string
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			return response
		}
		if name == "flow_token" {
			continue
		}
		text := string(value)
		_ = json.Unmarshal(value, &text) // what is no text is shown as it is written
		all = append(all, fmt.Sprintf("%v: %s", name, text))
	}
	return lines(all...)
}

// orderText has a line for each thing that is ordered.
func orderText(content json.RawMessage) (string, bool) {
	var o struct {
		Catalog string `json:"catalog_id"`
		Text    string `json:"text"`
		Items   []struct {
			Product  string      `json:"product_retailer_id"`
			Quantity json.Number `json:"quantity"`
			Price    json.Number `json:"item_price"`
			Currency string      `json:"currency"`
		} `json:"product_items"`
	}
	if len(content) == 0 || json.Unmarshal(content, &o) != nil || len(o.Items) == 0 {
		return "", false
	}
	all := []string{o.Text}
	for _, item := range o.Items {
		all = append(all, joined(" ", []string{item.Quantity.String(), "×", item.Product + ",", item.Price.String(), item.Currency}))
	}
	return lines(append(all, "catalog "+o.Catalog)...), true
}

// unsupportedText is why the provider couldn't pass a message on, and of what kind it was.
func unsupportedText(errors, content json.RawMessage) (string, bool) {
	text, ok := errorsText(errors)
	if kind, known := textField(content, "type"); ok && known {
		text += ": " + kind
	}
	return text, ok
}

// errorsText is why the provider couldn't pass a message on.
func errorsText(content json.RawMessage) (string, bool) {
	var errs []GraphError
	if json.Unmarshal(content, &errs) != nil || len(errs) == 0 {
		return "", false
	}
	e := errs[0]
	return fmt.Sprintf("%s (%s)", e.text(), e.Code), true
}

// text is the most telling of an error's texts.
func (e GraphError) text() string {
	if e.ErrorData != nil && e.ErrorData.Details != "" {
		return e.ErrorData.Details
	}
	if e.Message != "" {
		return e.Message
	}
	return e.Title
}

// lines are those of parts that aren't empty.
func lines(parts ...string) string { return joined("\n", parts) }

func joined(separator string, parts []string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, separator)
}
