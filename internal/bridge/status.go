package bridge

import (
	"encoding/json"
	"errors"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

// decodeReport reads a delivery report of the status queue.
func (b *Bridge) decodeReport(body []byte) (letter[desk.Report], error) {
	l, err := decodeReport(body)
	l.item.Queue = b.status
	return l, err
}

// decodeReport reads a delivery report. One with a status that isn't known is
// ignored.
func decodeReport(body []byte) (l letter[desk.Report], err error) {
	f, err := parse(body)
	if err != nil {
		return l, err
	}
	if l.tenantID, l.phoneNumberID, err = f.tenant(); err != nil {
		return l, err
	}
	r := &l.item
	r.Body = body
	if r.WAMID, err = f.wamid(); err != nil {
		return l, err
	}
	l.lane = r.WAMID
	status, err := f.text("status")
	switch {
	case err != nil:
		return l, err
	case status == "":
		return l, errors.New("status is missing")
	}
	r.Status = portal.MessageStatus(status)
	l.ignored = !r.Status.Reportable()
	if r.At, err = f.timestamp(); err != nil {
		return l, err
	}
	if r.Status == portal.StatusFailed {
		r.Error = f.failure()
	}
	return l, nil
}

// failure is the first of a report's errors; nil if it has none that can be read.
// It is an object, or only its code or its words.
func (f fields) failure() *portal.MessageError {
	var list []json.RawMessage
	if json.Unmarshal(f["errors"], &list) != nil || len(list) == 0 {
		return nil
	}
	var e fields
	if json.Unmarshal(list[0], &e) != nil {
		e = fields{"code": list[0]}
		if words, err := e.text("code"); err == nil && !isDigits(words) {
			e = fields{"message": list[0]}
		}
	}
	code, _ := e.text("code")
	if raw := e["code"]; code == "" && json.Unmarshal(raw, new(json.Number)) == nil {
		code = string(raw)
	}
	message, _ := e.text("title")
	if message == "" {
		message, _ = e.text("message")
	}
	if code == "" && message == "" {
		return nil
	}
	return &portal.MessageError{Code: code, Message: message}
}
