package whatsapp

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// decodeOne decodes one message, given its type and the rest of it.
func decodeOne(t *testing.T, kind, rest string) Inbound {
	t.Helper()
	events, err := Decode([]byte(hook("1055", `"messages":[{"from":"91","id":"wamid.A","timestamp":"1767225600","type":"`+kind+`"`+rest+`}]`)))
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Len(t, events[0].Inbound, 1)
	in := events[0].Inbound[0]
	require.Equal(t, "wamid.A", in.WAMID)
	require.Equal(t, "91", in.WaID)
	require.Equal(t, kind, in.Type)
	require.Equal(t, `"1767225600"`, string(in.Timestamp))
	return in
}

func TestDecodeTexts(t *testing.T) {
	for name, row := range map[string]struct{ kind, rest, want string }{
		"WA-10 text":                   {"text", `,"text":{"body":"Hello\nworld 🙂"}`, "Hello\nworld 🙂"},
		"WA-10 button":                 {"button", `,"button":{"payload":"p","text":"Yes please"}`, "Yes please"},
		"WA-10 reaction":               {"reaction", `,"reaction":{"message_id":"wamid.B","emoji":"👍"}`, "👍"},
		"WA-10 reaction taken back":    {"reaction", `,"reaction":{"message_id":"wamid.B"}`, ""},
		"WA-10 location":               {"location", `,"location":{"latitude":52.5,"longitude":-13.25,"name":"Office","address":"Main Street 1"}`, "Office\nMain Street 1\nhttps://maps.google.com/?q=52.5,-13.25"},
		"WA-10 location, bare":         {"location", `,"location":{"latitude":0,"longitude":0}`, "https://maps.google.com/?q=0,0"},
		"WA-10 contacts":               {"contacts", `,"contacts":[{"name":{"formatted_name":"Ann Lee"},"phones":[{"phone":"+1 555"}],"emails":[{"email":"ann@x.test"}]},{"name":{"first_name":"Bo"},"phones":[{"wa_id":"49"}]}]`, "Ann Lee, +1 555, ann@x.test\nBo, 49"},
		"WA-10 interactive, button":    {"interactive", `,"interactive":{"type":"button_reply","button_reply":{"id":"1","title":"Track"}}`, "Track"},
		"WA-10 interactive, list":      {"interactive", `,"interactive":{"type":"list_reply","list_reply":{"id":"1","title":"Express","description":"Tomorrow"}}`, "Express\nTomorrow"},
		"WA-10 interactive, flow":      {"interactive", `,"interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"a\":1}"}}`, "Sent\na: 1"},
		"WA-10 system":                 {"system", `,"system":{"body":"User A changed from 1 to 2","type":"user_changed_number"}`, "User A changed from 1 to 2"},
		"WA-12 unsupported":            {"unsupported", `,"errors":[{"code":131051,"title":"Message type unknown","error_data":{"details":"Message type is currently not supported."}}]`, "Message type is currently not supported. (131051)"},
		"WA-12 of a new type":          {"hologram", `,"hologram":{ "depth": 3 }`, `{"depth":3}`},
		"WA-10 order":                  {"order", `,"order":{"catalog_id":"7","text":"Soon, please","product_items":[{"product_retailer_id":"p","quantity":2,"item_price":7.50,"currency":"EUR"}]}`, "Soon, please\n2 × p, 7.50 EUR\ncatalog 7"},
		"WA-10 flow, fields in order":  {"interactive", `,"interactive":{"nfm_reply":{"response_json":"{\"z\":\"é\",\"a\":[1,{}],\"n\":null}"}}`, "z: é\na: [1,{}]\nn: null"},
		"WA-10 flow, not JSON":         {"interactive", `,"interactive":{"nfm_reply":{"response_json":"{\"z\":"}}`, `{"z":`},
		"WA-12 order of nothing":       {"order", `,"order":{"catalog_id":"7","product_items":[]}`, `{"catalog_id":"7","product_items":[]}`},
		"WA-12 unsupported, its kind":  {"unsupported", `,"errors":[{"code":131051,"title":"Unknown"}],"unsupported":{"type":"poll_update"}`, "Unknown (131051): poll_update"},
		"WA-12 text of a wrong shape":  {"text", `,"text":["odd"]`, `["odd"]`},
		"WA-12 image of a wrong shape": {"image", `,"image":"odd"`, `"odd"`},
		"WA-12 interactive, new":       {"interactive", `,"interactive":{"type":"x_reply","x_reply":{}}`, `{"type":"x_reply","x_reply":{}}`},
		"WA-12 without its content":    {"text", ``, `{"from":"91","id":"wamid.A","timestamp":"1767225600","type":"text"}`},
	} {
		t.Run(name, func(t *testing.T) {
			in := decodeOne(t, row.kind, row.rest)
			require.NotNil(t, in.MessageText)
			require.Equal(t, row.want, *in.MessageText)
			require.Nil(t, in.MediaURL)
		})
	}
}

func TestDecodeMedia(t *testing.T) {
	for _, kind := range []string{"image", "video", "audio", "document", "sticker"} {
		t.Run("WA-11 "+kind, func(t *testing.T) {
			in := decodeOne(t, kind, `,"`+kind+`":{"id":"77","mime_type":"a/b","caption":"See","filename":"f.pdf","url":"https://m.test/77"}`)
			require.Nil(t, in.MessageText)
			require.Equal(t, "See", *in.Caption)
			require.Equal(t, "a/b", *in.MimeType)
			require.Equal(t, "f.pdf", *in.Filename)
			require.Equal(t, "https://m.test/77", *in.MediaURL)
			require.Equal(t, "77", in.MediaID)
			bare := decodeOne(t, kind, `,"`+kind+`":{"id":"77","link":"https://m.test/l"}`)
			require.Equal(t, "https://m.test/l", *bare.MediaURL)
			require.Nil(t, bare.Caption)
			require.Nil(t, decodeOne(t, kind, `,"`+kind+`":{"id":"77"}`).MediaURL)
		})
	}
}

func TestDecodeNames(t *testing.T) {
	name := func(contacts, messages string) string {
		events, err := Decode([]byte(hook("1", `"contacts":[`+contacts+`],"messages":[`+messages+`]`)))
		require.NoError(t, err)
		return events[0].Inbound[0].ContactName
	}
	const ann, bo = `{"profile":{"name":"Ann"},"wa_id":"1"}`, `{"profile":{"name":"Bo"},"wa_id":"2"}`
	t.Run("WA-13 the name is the sender's", func(t *testing.T) {
		require.Equal(t, "Bo", name(ann+","+bo, `{"from":"2"}`))
	})
	t.Run("WA-13 a number written in two ways", func(t *testing.T) {
		require.Equal(t, "Ann", name(ann, `{"from":"5219"}`))
		require.Empty(t, name(ann+","+bo, `{"from":"5219"}`))
		require.Empty(t, name(ann, `{"from":"5219"},{"from":"1"}`))
	})
	t.Run("WA-13 no name renames nobody", func(t *testing.T) {
		require.Empty(t, name(`{"wa_id":"1"},7`, `{"from":"1"}`))
		body, err := json.Marshal(Inbound{})
		require.NoError(t, err)
		require.NotContains(t, string(body), "contact_name")
	})
}

func TestDecodeOddities(t *testing.T) {
	t.Run("WA-14 one odd message takes no other with it", func(t *testing.T) {
		events, err := Decode([]byte(hook("1", `"messages":[7,null,{"id":5,"from":{}},{"id":"good","from":"1","type":"text","text":{"body":"x"}}],
			"statuses":["odd",{"id":"s","status":"read"}]`)))
		require.NoError(t, err)
		require.Len(t, events[0].Inbound, 4)
		require.Equal(t, "7", *events[0].Inbound[0].MessageText)
		require.Equal(t, "good", events[0].Inbound[3].WAMID)
		require.Len(t, events[0].Reports, 2)
		require.Equal(t, "read", events[0].Reports[1].Status)
	})
	const good = `"messages":[{"id":"good","from":"1","type":"text","text":{"body":"x"}}]`
	for name, body := range map[string]string{
		"a number written as one":    `{"entry":[{"changes":[{"value":{"metadata":{"phone_number_id":1055,"display_phone_number":15550100},` + good + `}}]}]}`,
		"contacts that are no list":  hook("1055", `"contacts":{"profile":{}},`+good),
		"a contact of a wrong shape": hook("1055", `"contacts":[{"profile":7,"wa_id":{}}],`+good),
		"reports that are no list":   hook("1055", `"statuses":"odd",`+good),
		"a product of a wrong shape": strings.Replace(hook("1055", good), `"messaging_product":"whatsapp"`, `"messaging_product":[]`, 1),
		"an odd entry beside":        `{"entry":[7,{"changes":"odd"},{"changes":[5,{"value":"odd"},{}]},` + hook("1055", good)[len(`{"object":"whatsapp_business_account","entry":[`):],
		"an odd object":              strings.Replace(hook("1055", good), `"whatsapp_business_account"`, `{}`, 1),
	} {
		t.Run("WA-14 nor does anything else: "+name, func(t *testing.T) {
			require.True(t, json.Valid([]byte(body)), body)
			events, err := Decode([]byte(body))
			require.NoError(t, err)
			require.Len(t, events, 1)
			require.Equal(t, "1055", events[0].PhoneNumberID)
			require.Len(t, events[0].Inbound, 1)
			require.Equal(t, "good", events[0].Inbound[0].WAMID)
		})
	}
	t.Run("WA-14 invalid UTF-8 becomes U+FFFD", func(t *testing.T) {
		in := decodeOne(t, "hologram", `,"hologram":"`+"a\xffb"+`"`)
		require.Equal(t, "\"a\uFFFDb\"", *in.MessageText)
	})
	t.Run("WA-14 ten thousand characters stay whole", func(t *testing.T) {
		long := strings.Repeat("é", 10_000)
		require.Equal(t, long, *decodeOne(t, "text", `,"text":{"body":"`+long+`"}`).MessageText)
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(hook("1055", textMessage)))
	f.Add([]byte(hook("1055", `"messages":[{"type":"image","image":{"url":"x"}},{"type":"contacts","contacts":[{}]}],"statuses":[{"errors":[{}]}]`)))
	f.Add([]byte(`{"entry":[{"changes":[{"value":{"messages":[null,1,"\ud800"],"statuses":[{}]}}]}]}`))
	f.Add([]byte("{\"entry\":[{\"changes\":[{\"value\":{\"messages\":[{\"type\":\"x\",\"x\":\"\xff\"}]}}]}]}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := Decode(body)
		if err != nil {
			return
		}
		for _, e := range events {
			for _, in := range e.Inbound {
				require.NotEmpty(t, in.Type)
				requireSound(t, message(in.WAMID, in).Body)
			}
			for _, r := range e.Reports {
				requireSound(t, message(r.WAMID, r).Body)
			}
		}
	})
}

// requireSound holds what goes into a queue to be JSON in UTF-8.
func requireSound(t *testing.T, body []byte) {
	t.Helper()
	require.True(t, json.Valid(body))
	require.True(t, utf8.Valid(body))
}

func FuzzSigned(f *testing.F) {
	f.Add("secret", []byte("body"), "sha256=00")
	f.Fuzz(func(t *testing.T, secret string, body []byte, header string) {
		require.Equal(t, secret != "", Signed(secret, body, Sign(secret, body)))
		if strings.ToLower(header) != Sign(secret, body) {
			require.False(t, Signed(secret, body, header))
		}
	})
}
