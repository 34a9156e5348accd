package bridge

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/stretchr/testify/require"
)

const (
	inboundExample = `{"tenantId":"acme","wamid":"wamid.A1","wa_id":"919876543210","contact_name":"John Doe","timestamp":"1767225600","message_text":"Hello","media_url":null,"phone_number_id":"1055","display_phone_number":"+1 555 0100"}`
	reportExample  = `{"tenantId":"acme","wamid":"wamid.B7","recipientId":"919876543210","status":"delivered","timestamp":"1767225660","errors":[],"conversation":{}}`
)

// with is an example with some fields replaced; nil removes one.
func with(t *testing.T, example string, changes map[string]any) []byte {
	t.Helper()
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(example), &fields))
	for name, value := range changes {
		if value == nil {
			delete(fields, name)
		} else {
			fields[name] = value
		}
	}
	body, err := json.Marshal(fields)
	require.NoError(t, err)
	return body
}

func ptr(s string) *string { return &s }

func TestDecodeInbound(t *testing.T) {
	t.Run("BR-1 the example", func(t *testing.T) {
		l, err := decodeInbound([]byte(inboundExample))
		require.NoError(t, err)
		require.Equal(t, letter[desk.Inbound]{tenantID: "acme", phoneNumberID: "1055", lane: "919876543210", item: desk.Inbound{
			TenantID: "acme", PhoneNumberID: "1055", WAMID: "wamid.A1", WaID: "919876543210", ContactName: "John Doe",
			At: portal.UnixMilli(1767225600_000), Type: portal.TypeText, Text: "Hello"}}, l)
	})
	type changes = map[string]any
	for name, c := range map[string]struct {
		changes changes
		reason  string
	}{
		"BR-1 no wamid":                 {changes{"wamid": nil}, "wamid is missing"},
		"BR-1 blank wamid":              {changes{"wamid": " "}, "wamid is missing"},
		"BR-1 no wa_id":                 {changes{"wa_id": nil}, "wa_id is missing"},
		"BR-1 no timestamp":             {changes{"timestamp": nil}, "timestamp is missing"},
		"BR-1 no tenant":                {changes{"tenantId": nil, "phone_number_id": nil}, "tenantId and phone_number_id are missing"},
		"BR-1 null tenant":              {changes{"tenantId": json.RawMessage("null"), "phone_number_id": ""}, "tenantId and phone_number_id are missing"},
		"BR-1 no content":               {changes{"message_text": nil}, "message_text, media_url and type are missing"},
		"BR-1 empty content":            {changes{"message_text": ""}, "message_text, media_url and type are missing"},
		"BR-1 other case":               {changes{"wamid": nil, "WAMID": "x"}, "wamid is missing"},
		"BR-1 wamid of a wrong kind":    {changes{"wamid": 5}, "wamid is not text"},
		"BR-1 text of a wrong kind":     {changes{"message_text": changes{"body": "x"}}, "message_text is not text"},
		"BR-1 name of a wrong kind":     {changes{"contact_name": []string{"x"}}, "contact_name is not text"},
		"BR-1 tenantId of a wrong kind": {changes{"tenantId": true}, "tenantId is not text"},
		"BR-2 letters":                  {changes{"wa_id": "91abc"}, "wa_id is no phone number"},
		"BR-2 spaces":                   {changes{"wa_id": "91 98"}, "wa_id is no phone number"},
		"BR-2 negative":                 {changes{"wa_id": -91}, "wa_id is not text"},
		"BR-2 other digits":             {changes{"wa_id": "९१"}, "wa_id is no phone number"},
		"BR-2 endless":                  {changes{"wa_id": strings.Repeat("9", 33)}, "wa_id is no phone number"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decodeInbound(with(t, inboundExample, c.changes))
			require.EqualError(t, err, c.reason)
		})
	}
	t.Run("BR-1 one name of the tenant is enough, unknown fields don't matter", func(t *testing.T) {
		l, err := decodeInbound(with(t, inboundExample, changes{"tenantId": nil, "new": changes{"deep": []int{1}}, "Type": "image", "contact_name": nil}))
		require.NoError(t, err)
		require.Equal(t, []string{"", "1055", "text", ""}, []string{l.tenantID, l.phoneNumberID, string(l.item.Type), l.item.ContactName})
	})
	t.Run("BR-2 numbers and a plus", func(t *testing.T) {
		l, err := decodeInbound(with(t, inboundExample, changes{"wa_id": 919876543210, "phone_number_id": 1055}))
		require.NoError(t, err)
		require.Equal(t, []string{"919876543210", "1055"}, []string{l.lane, l.phoneNumberID})
		l, err = decodeInbound(with(t, inboundExample, changes{"wa_id": "+919876543210"}))
		require.NoError(t, err)
		require.Equal(t, "919876543210", l.lane)
	})
}

func TestTimestamp(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for raw, want := range map[string]time.Time{
		`"1767225600"`: at, `1767225600`: at, `" 1767225600 "`: at, `1767225600.5`: at.Add(500 * time.Millisecond), `"1767225600.25"`: at.Add(250 * time.Millisecond),
		`1.7672256e9`: at, `1767225600e0`: at, `"2026-01-01T00:00:00Z"`: at, `"2026-01-01t02:00:00.123456+02:00"`: at.Add(123 * time.Millisecond), `"2026-01-01T00:00:00z"`: at,
		`"2016-12-31T23:59:60Z"`: time.Unix(1483228800, 0), `"2016-12-31t18:59:60.5-05:00"`: time.Unix(1483228800, 5e8), `1`: time.Unix(1, 0), `"17"`: time.Unix(17, 0), `253402300799`: time.Unix(253402300799, 0), `"9999-12-31T23:59:59.999Z"`: time.Unix(253402300799, 999e6),
	} {
		got, err := fields{"timestamp": json.RawMessage(raw)}.timestamp()
		require.NoError(t, err, "BR-3 %s", raw)
		require.Equal(t, portal.At(want), got, "BR-3 %s", raw)
	}
	for _, raw := range []string{`0`, `"0"`, `-1`, `"-1767225600"`, `0.9`, `253402300800`, `253402300799.9999`, `1767225600000`, `1e99`, `1E+9999`, `""`, `"x"`, `"0x6955b900"`, `"inf"`, `"NaN"`,
		`"1_767_225_600"`, `"17672256001767225600176722560017672256"`, `"2026-01-01"`, `"2026-13-01T00:00:00Z"`, `"1969-12-31T23:59:59Z"`, `"9999-12-31T23:59:59-01:00"`, `"2026-02-30T00:00:00Z"`, `"2026-01-01T00:60:60Z"`, `"2026-01-01T00:00:61Z"`, `"2026-01-01 00:00:00"`,
		`true`, `{}`, `[]`, `["1767225600"]`, `{"seconds":1767225600}`} {
		_, err := fields{"timestamp": json.RawMessage(raw)}.timestamp()
		require.EqualError(t, err, "timestamp is no time: Unix seconds or RFC 3339 are", "BR-3 %s", raw)
	}
}

func TestContent(t *testing.T) {
	type changes = map[string]any
	for name, c := range map[string]struct {
		changes changes
		kind    portal.MessageType
		text    string
	}{
		"image":             {changes{"message_text": nil, "media_url": "https://m.test/a/b.JPG?x=1.mp4#y"}, portal.TypeImage, ""},
		"video":             {changes{"message_text": nil, "media_url": "https://m.test/b.mp4"}, portal.TypeVideo, ""},
		"audio":             {changes{"message_text": nil, "media_url": "https://m.test/b.ogg"}, portal.TypeAudio, ""},
		"pdf":               {changes{"message_text": nil, "media_url": "https://m.test/b.pdf"}, portal.TypeDocument, ""},
		"no ending":         {changes{"message_text": nil, "media_url": "https://m.test/media/123"}, portal.TypeDocument, ""},
		"a host alone":      {changes{"message_text": nil, "media_url": "https://x.jpg"}, portal.TypeDocument, ""},
		"no URL":            {changes{"message_text": nil, "media_url": "%zz.png"}, portal.TypeImage, ""},
		"no URL, signed":    {changes{"message_text": nil, "media_url": "https://m.test/100%.jpg?sig=a.pdf"}, portal.TypeImage, ""},
		"fragment":          {changes{"message_text": nil, "media_url": "https://m.test/b.mpeg#a?b.png"}, portal.TypeVideo, ""},
		"MIME type":         {changes{"message_text": nil, "media_url": "https://m.test/123", "mime_type": "audio/ogg; codecs=opus"}, portal.TypeAudio, ""},
		"MIME type unknown": {changes{"message_text": nil, "media_url": "https://m.test/123", "mime_type": "font/woff"}, portal.TypeDocument, ""},
		"ending first":      {changes{"message_text": nil, "media_url": "https://m.test/b.pdf", "mime_type": "image/png"}, portal.TypeDocument, ""},
		"caption":           {changes{"message_text": nil, "media_url": "https://m.test/b.png", "caption": "look"}, portal.TypeImage, "look"},
		"text as a caption": {changes{"media_url": "https://m.test/b.png"}, portal.TypeImage, "Hello"},
		"text and caption":  {changes{"caption": "more"}, portal.TypeText, "Hello\nmore"},
		"given":             {changes{"media_url": "https://m.test/b.webp", "type": "sticker", "message_text": nil}, "sticker", ""},
		"given alone":       {changes{"type": "unsupported", "message_text": nil}, "unsupported", ""},
	} {
		l, err := decodeInbound(with(t, inboundExample, c.changes))
		require.NoError(t, err, "BR-4 %s", name)
		require.Equal(t, c.kind, l.item.Type, "BR-4 %s", name)
		require.Equal(t, c.text, l.item.Text, "BR-4 %s", name)
	}
	l, err := decodeInbound(with(t, inboundExample, changes{"media_url": "https://m.test/b", "media_id": "77", "mime_type": "image/png", "filename": "b.png"}))
	require.NoError(t, err)
	require.Equal(t, []*string{ptr("https://m.test/b"), ptr("77"), ptr("image/png"), ptr("b.png")}, []*string{l.item.MediaURL, l.item.MediaID, l.item.MimeType, l.item.Filename}, "BR-4")
}

func TestBadBodies(t *testing.T) {
	deep := strings.Repeat("[", 200_000)
	for name, c := range map[string]struct{ body, reason string }{
		"empty":          {"", "not JSON"},
		"text":           {"hello", "not JSON"},
		"half":           {inboundExample[:40], "not JSON"},
		"two":            {inboundExample + inboundExample, "not JSON"},
		"array":          {"[" + inboundExample + "]", "not a JSON object"},
		"string":         {`"x"`, "not a JSON object"},
		"number":         {` 5`, "not a JSON object"},
		"null":           {`null`, "not a JSON object"},
		"UTF-8":          {strings.Replace(inboundExample, "Hello", "He\xffo", 1), "invalid UTF-8"},
		"UTF-16":         {"\xff\xfe{\x00}\x00", "invalid UTF-8"},
		"byte order":     {"\ufeff" + inboundExample, "not JSON"},
		"deep":           {deep, "not JSON"},
		"deep in object": {`{"x":` + deep, "not JSON"},
	} {
		_, err := decodeInbound([]byte(c.body))
		require.EqualError(t, err, c.reason, "BR-5 %s", name)
		_, err = decodeReport([]byte(c.body))
		require.EqualError(t, err, c.reason, "BR-5 %s", name)
	}
	long := strings.Repeat("<b>\u202e'\\\"", 100_000)
	l, err := decodeInbound(with(t, inboundExample, map[string]any{"message_text": long}))
	require.NoError(t, err)
	require.Equal(t, long, l.item.Text, "BR-5")
	l, err = decodeInbound([]byte(strings.Replace(inboundExample, "Hello", `a\ud800b\udc00\u0000\ud83d\ude00`, 1)))
	require.NoError(t, err)
	require.Equal(t, "a\uFFFDb\uFFFD\x00\U0001F600", l.item.Text, "BR-5; U+0000 is the desk's to replace")
}

func TestDecodeReport(t *testing.T) {
	type changes = map[string]any
	t.Run("BR-6 the example", func(t *testing.T) {
		l, err := decodeReport([]byte(reportExample))
		require.NoError(t, err)
		require.Equal(t, letter[desk.Report]{tenantID: "acme", lane: "wamid.B7", item: desk.Report{WAMID: "wamid.B7",
			Status: portal.StatusDelivered, At: portal.UnixMilli(1767225660_000), Body: []byte(reportExample)}}, l)
	})
	for name, c := range map[string]struct {
		changes changes
		reason  string
	}{
		"no wamid":               {changes{"wamid": nil}, "wamid is missing"},
		"no status":              {changes{"status": nil}, "status is missing"},
		"status of a wrong kind": {changes{"status": 3}, "status is not text"},
		"no timestamp":           {changes{"timestamp": nil}, "timestamp is missing"},
		"bad timestamp":          {changes{"timestamp": "soon"}, "timestamp is no time: Unix seconds or RFC 3339 are"},
		"no tenant":              {changes{"tenantId": nil}, "tenantId and phone_number_id are missing"},
	} {
		_, err := decodeReport(with(t, reportExample, c.changes))
		require.EqualError(t, err, c.reason, "BR-6 %s", name)
	}
	for raw, want := range map[string]*portal.MessageError{
		`[{"code":131047,"title":"Re-engagement message","message":"Other"},{"code":1}]`: {Code: "131047", Message: "Re-engagement message"},
		`[{"code":"131047","message":"Re-engagement message"}]`:                          {Code: "131047", Message: "Re-engagement message"},
		`[{"title":"only words"}]`: {Message: "only words"},
		`[]`:                       nil, `[{}]`: nil, `null`: nil, `"x"`: nil, `{}`: nil, `[5]`: {Code: "5"}, `["131026"]`: {Code: "131026"}, `["Undeliverable"]`: {Message: "Undeliverable"}, `[true]`: nil, `[["x"]]`: nil, `[null]`: nil, `[{"code":{}}]`: nil,
	} {
		l, err := decodeReport(with(t, reportExample, changes{"status": "failed", "errors": json.RawMessage(raw)}))
		require.NoError(t, err)
		require.Equal(t, want, l.item.Error, "BR-6 %s", raw)
		l, err = decodeReport(with(t, reportExample, changes{"errors": json.RawMessage(raw)}))
		require.NoError(t, err)
		require.Nil(t, l.item.Error, "BR-6 only failures have a reason")
	}
	for _, status := range []string{"queued", "received", "deleted", "DELIVERED", "warning"} {
		l, err := decodeReport(with(t, reportExample, changes{"status": status}))
		require.NoError(t, err)
		require.True(t, l.ignored, "BR-13 %s", status)
	}
}
