package bridge

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// checkLetter holds what decoding promises for whatever was read.
func checkLetter(t *testing.T, err error, wamid, lane, tenantID, phoneNumberID string, timeIsZero bool) {
	if err != nil {
		if err.Error() == "" || len(err.Error()) > 200 {
			t.Fatalf("reason %q", err)
		}
		return
	}
	if strings.TrimSpace(wamid) == "" || lane == "" || tenantID == "" && phoneNumberID == "" || timeIsZero {
		t.Fatal("something that is needed is missing")
	}
	if !utf8.ValidString(wamid + lane + tenantID + phoneNumberID) {
		t.Fatal("invalid UTF-8 got through")
	}
}

func FuzzDecodeInbound(f *testing.F) {
	for _, seed := range []string{inboundExample, `{}`, `[`, `{"wa_id":1e5}`, `{"timestamp":{}}`, "\xff", `{"a":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := decodeInbound(body)
		checkLetter(t, err, l.item.WAMID, l.lane, l.tenantID, l.phoneNumberID, l.item.At.IsZero())
		if err != nil {
			return
		}
		if !isDigits(l.item.WaID) || l.item.Type == "" || !utf8.ValidString(l.item.Text+l.item.ContactName) {
			t.Fatalf("%+v", l.item)
		}
	})
}

func FuzzDecodeReport(f *testing.F) {
	for _, seed := range []string{reportExample, `{"errors":[{"code":5}],"status":"failed"}`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := decodeReport(body)
		checkLetter(t, err, l.item.WAMID, l.lane, l.tenantID, l.phoneNumberID, l.item.At.IsZero())
		if err == nil && l.ignored == l.item.Status.Reportable() {
			t.Fatalf("%+v", l.item)
		}
	})
}
