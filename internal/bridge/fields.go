package bridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// letter is a decoded delivery. Decoding is pure: it asks nobody whether the
// tenant exists.
type letter[T any] struct {
	tenantID, phoneNumberID string // one may be empty
	lane                    string // letters of one lane keep their order
	item                    T
	ignored                 bool // acknowledged without effect
}

// fields is a JSON object. Names are compared exactly; encoding/json's structs
// would take "Type" for "type", and unknown fields are to be ignored.
type fields map[string]json.RawMessage

// parse reads an object. Its errors, as all of decoding, are reasons for an admin.
func parse(body []byte) (fields, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("invalid UTF-8")
	}
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] != '{' && json.Valid(body) {
		return nil, errors.New("not a JSON object")
	}
	var f fields
	if err := json.Unmarshal(body, &f); err != nil { // its scanner bounds the depth
		return nil, errors.New("not JSON")
	}
	return f, nil
}

// text is a field that holds text: "" if it is absent or null.
func (f fields) text(name string) (string, error) {
	raw, ok := f[name]
	if !ok || string(raw) == "null" {
		return "", nil
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", fmt.Errorf("%s is not text", name)
	}
	return s, nil
}

// number is like text for fields that some producers write as a whole number.
func (f fields) number(name string) (string, error) {
	if raw := string(f[name]); isDigits(raw) {
		return raw, nil
	}
	return f.text(name)
}

// texts reads several text fields.
func (f fields) texts(into map[string]*string) error {
	for name, to := range into {
		s, err := f.text(name)
		if err != nil {
			return err
		}
		*to = s
	}
	return nil
}

// tenant reads who a letter is for.
func (f fields) tenant() (tenantID, phoneNumberID string, err error) {
	if tenantID, err = f.number("tenantId"); err != nil {
		return "", "", err
	}
	if phoneNumberID, err = f.number("phone_number_id"); err != nil {
		return "", "", err
	}
	if tenantID == "" && phoneNumberID == "" {
		return "", "", errors.New("tenantId and phone_number_id are missing")
	}
	return tenantID, phoneNumberID, nil
}

// wamid reads the provider's name for a message.
func (f fields) wamid() (string, error) {
	switch wamid, err := f.text("wamid"); {
	case err != nil:
		return "", err
	case strings.TrimSpace(wamid) == "":
		return "", errors.New("wamid is missing")
	default:
		return wamid, nil
	}
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
