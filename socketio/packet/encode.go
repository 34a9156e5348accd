package packet

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Value is a JSON value with the attachments that its placeholders number. As
// an argument it is passed on without being decoded.
type Value struct {
	JSON        json.RawMessage
	Attachments [][]byte
}

// Text is what a value that is a JSON string says.
func (v Value) Text() (string, bool) {
	if len(v.JSON) == 0 || v.JSON[0] != '"' {
		return "", false
	}
	s, err := unquote(v.JSON)
	return s, err == nil
}

// AppendConnect appends a Connect or ConnectError packet with its object.
func AppendConnect(dst []byte, t Type, namespace string, data []byte) []byte {
	return append(appendHeader(dst, t, 0, namespace, 0, false), data...)
}

// AppendDisconnect appends a Disconnect packet.
func AppendDisconnect(dst []byte, namespace string) []byte {
	return appendHeader(dst, Disconnect, 0, namespace, 0, false)
}

// AppendEvent appends an event's text and returns it with the attachments that
// are to follow. An argument may be anything that encoding/json takes; a
// json.RawMessage is copied untouched and must be valid; a []byte, also inside
// a map[string]any or []any, becomes an attachment, and so does what a Value
// holds. HTML characters are not escaped.
func AppendEvent(dst []byte, namespace string, id uint64, hasID bool, event string, args []any) ([]byte, [][]byte, error) {
	if reserved(event) {
		return nil, nil, fmt.Errorf("packet: %q is a reserved event name", event)
	}
	n := countBinary(args)
	dst = appendHeader(dst, withBinary(Event, n), n, namespace, id, hasID)
	dst = append(dst, '[')
	dst = appendString(dst, event)
	return appendArgs(dst, args, n, true)
}

// AppendAck appends an acknowledgement; its arguments are those of AppendEvent.
func AppendAck(dst []byte, namespace string, id uint64, args []any) ([]byte, [][]byte, error) {
	n := countBinary(args)
	dst = appendHeader(dst, withBinary(Ack, n), n, namespace, id, true)
	return appendArgs(append(dst, '['), args, n, false)
}

func withBinary(t Type, attachments int) Type {
	if attachments > 0 {
		return t + BinaryEvent - Event
	}
	return t
}

func appendHeader(dst []byte, t Type, attachments int, namespace string, id uint64, hasID bool) []byte {
	dst = append(dst, '0'+byte(t))
	if attachments > 0 {
		dst = append(strconv.AppendInt(dst, int64(attachments), 10), '-')
	}
	if namespace != "/" {
		dst = append(append(dst, namespace...), ',')
	}
	if hasID {
		dst = strconv.AppendUint(dst, id, 10)
	}
	return dst
}

// appendArgs appends the rest of an array whose bracket is open.
func appendArgs(dst []byte, args []any, attachments int, comma bool) ([]byte, [][]byte, error) {
	var binary [][]byte
	if attachments > 0 {
		binary = make([][]byte, 0, attachments)
	}
	var err error
	for _, arg := range args {
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		if dst, err = appendValue(dst, arg, &binary); err != nil {
			return nil, nil, err
		}
	}
	return append(dst, ']'), binary, nil
}

func appendValue(dst []byte, v any, binary *[][]byte) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case string:
		return appendString(dst, v), nil
	case json.RawMessage:
		if len(v) == 0 {
			return append(dst, "null"...), nil
		}
		return append(dst, v...), nil
	case []byte:
		return appendBinary(dst, v, binary), nil
	case Value:
		return appendRaw(dst, v, binary)
	case map[string]any, []any:
		if countBinary([]any{v}) > 0 {
			tree, err := extract(v, binary)
			if err != nil {
				return nil, err
			}
			return appendJSON(dst, tree)
		}
	}
	return appendJSON(dst, v)
}

func appendJSON(dst []byte, v any) ([]byte, error) {
	buf := bytes.NewBuffer(dst)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("packet: argument: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}), nil
}

// appendString quotes a text; most need no escapes.
func appendString(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			dst, _ = appendJSON(dst, s) // a string always encodes
			return dst
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

func appendBinary(dst, data []byte, binary *[][]byte) []byte {
	dst = append(dst, `{"_placeholder":true,"num":`...)
	dst = strconv.AppendInt(dst, int64(len(*binary)), 10)
	*binary = append(*binary, data)
	return append(dst, '}')
}

// appendRaw appends a Value, its placeholders numbered anew.
func appendRaw(dst []byte, v Value, binary *[][]byte) ([]byte, error) {
	if len(v.Attachments) == 0 {
		return appendValue(dst, v.JSON, binary)
	}
	return v.replace(dst, func(dst, data []byte) []byte { return appendBinary(dst, data, binary) })
}

// replace appends the value to dst, with what put appends for the attachment in
// the place of every placeholder.
func (v Value) replace(dst []byte, put func(dst, data []byte) []byte) ([]byte, error) {
	found, err := placeholders(v.JSON)
	if err != nil {
		return nil, err
	}
	at := 0
	for _, p := range found {
		if p.num < 0 || p.num >= len(v.Attachments) {
			return nil, ErrPlaceholder
		}
		dst = put(append(dst, v.JSON[at:p.start]...), v.Attachments[p.num])
		at = p.end
	}
	return append(dst, v.JSON[at:]...), nil
}

// count is how many attachments the value's placeholders refer to.
func (v Value) count() int {
	if len(v.Attachments) == 0 {
		return 0
	}
	found, _ := placeholders(v.JSON) // replace tells the error
	return len(found)
}

// MarshalJSON is the value as it stands; its attachments are not carried.
func (v Value) MarshalJSON() ([]byte, error) { return v.JSON.MarshalJSON() }

// countBinary is the number of attachments that the values will make.
func countBinary(values []any) int {
	n := 0
	for _, v := range values {
		switch v := v.(type) {
		case []byte:
			n++
		case Value:
			n += v.count()
		case []any:
			n += countBinary(v)
		case map[string]any:
			for _, e := range v {
				n += countBinary([]any{e})
			}
		}
	}
	return n
}

// extract copies a tree with its binary leaves replaced by placeholders, in the
// order in which encoding/json will write them.
func extract(v any, binary *[][]byte) (any, error) {
	var err error
	switch v := v.(type) {
	case []byte, Value:
		raw, err := appendValue(nil, v, binary)
		return json.RawMessage(raw), err
	case []any:
		out := make([]any, len(v))
		for i := 0; i < len(v) && err == nil; i++ {
			out[i], err = extract(v[i], binary)
		}
		return out, err
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if out[k], err = extract(v[k], binary); err != nil {
				break
			}
		}
		return out, err
	}
	return v, nil
}

// Inline is the value with every placeholder replaced by the attachment in
// base64, as encoding/json reads it into a []byte. Without attachments it is
// the value itself.
func (v Value) Inline() (json.RawMessage, error) {
	if len(v.Attachments) == 0 {
		return v.JSON, nil
	}
	return v.replace(nil, func(dst, data []byte) []byte {
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), data), '"')
	})
}
