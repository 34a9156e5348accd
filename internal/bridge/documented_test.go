package bridge

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/bodies"
)

// notRead are documented members that the bridge takes no notice of, whatever they hold.
var notRead = map[string]bool{"display_phone_number": true, "recipientId": true, "conversation": true}

// TestDocumentedMembers holds what the AsyncAPI document says of the queues' bodies to what is read of them.
func TestDocumentedMembers(t *testing.T) {
	const full = `{"tenantId":"acme","wamid":"wamid.A1","wa_id":"919876543210","contact_name":"John Doe","timestamp":"1767225600",
		"message_text":"Hello","media_url":"https://media.test/a.png","media_id":"77","type":"sticker","caption":"See","mime_type":"image/png",
		"filename":"a.png","phone_number_id":"1055","display_phone_number":"+1 555 0100"}`
	const failed = `{"tenantId":"acme","phone_number_id":"1055","wamid":"wamid.B7","recipientId":"919876543210","status":"failed","conversation":{},
		"timestamp":"1767225660","errors":[{"code":131026,"title":"Undeliverable","message":"Undeliverable"}]}`
	inbound := func(body []byte) (any, error) { return decodeInbound(body) }
	report := func(body []byte) (any, error) {
		l, err := decodeReport(body)
		l.item.Body = nil // it is kept as it came, for dead letters
		return l, err
	}
	for _, row := range []struct {
		name, example string
		documented    reflect.Type
		read          func([]byte) (any, error)
	}{
		{"an inbound message", full, reflect.TypeFor[bodies.InboundDelivery](), inbound},
		{"a delivery report", failed, reflect.TypeFor[bodies.StatusDelivery](), report},
	} {
		whole, err := row.read([]byte(row.example))
		require.NoError(t, err)
		for _, field := range reflect.VisibleFields(row.documented) {
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			t.Run("BR-19 "+row.name+": "+name, func(t *testing.T) {
				less, err := row.read(with(t, row.example, map[string]any{name: nil}))
				if optional := strings.Contains(options, "omitempty"); !optional {
					require.Error(t, err, "it is documented as needed")
					return
				}
				require.NoError(t, err, "it is documented as optional")
				if !notRead[name] {
					require.NotEqual(t, whole, less, "it is documented, and nothing reads it")
				}
				if field.Tag.Get("nullable") == "true" {
					null, err := row.read(with(t, row.example, map[string]any{name: json.RawMessage("null")}))
					require.NoError(t, err, "it is documented as nullable")
					require.Equal(t, less, null)
				}
			})
		}
		t.Run("BR-19 "+row.name+" has no other members", func(t *testing.T) {
			d := json.NewDecoder(strings.NewReader(row.example))
			d.DisallowUnknownFields()
			require.NoError(t, d.Decode(reflect.New(row.documented).Interface()))
		})
	}
}
