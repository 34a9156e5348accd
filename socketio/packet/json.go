package packet

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

const jsonSpace = " \t\r\n"

// maxDepth bounds how deep placeholders are looked for.
const maxDepth = 1000

// elements splits a JSON array into its values, which share b's memory.
func elements(b []byte) ([]json.RawMessage, error) {
	i := space(b, 0)
	if i == len(b) || b[i] != '[' {
		return nil, ErrMalformed
	}
	var values []json.RawMessage
	if i = space(b, i+1); i < len(b) && b[i] == ']' {
		return values, onlySpace(b, i+1)
	}
	values = make([]json.RawMessage, 0, 2) // an event with one argument
	for {
		end := scanValue(b, i, 1)
		if end < 0 {
			return nil, ErrMalformed
		}
		values = append(values, b[i:end:end])
		switch i = space(b, end); {
		case i == len(b):
			return nil, ErrMalformed
		case b[i] == ']':
			return values, onlySpace(b, i+1)
		case b[i] != ',':
			return nil, ErrMalformed
		}
		i = space(b, i+1)
	}
}

// onlySpace refuses anything but white space from i on.
func onlySpace(b []byte, i int) error {
	if space(b, i) < len(b) {
		return ErrMalformed
	}
	return nil
}

// space is the first position from i on that holds no white space.
func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// skip is the end of the value that starts at i; b is valid JSON.
func skip(b []byte, i int) int {
	depth := 0
	for {
		switch b[i] {
		case '"':
			i = skipString(b, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\t', '\r', '\n':
			i++
		default:
			i = skipLiteral(b, i)
		}
		if depth == 0 {
			return i
		}
	}
}

// skipString goes from quote to quote: most strings are long and hold no escape.
func skipString(b []byte, i int) int {
	for i++; ; {
		end := i + bytes.IndexByte(b[i:], '"')
		escape := bytes.IndexByte(b[i:end], '\\')
		if escape < 0 {
			return end + 1
		}
		i += escape + 2
	}
}

// skipLiteral skips a number, true, false or null.
func skipLiteral(b []byte, i int) int {
	for ; i < len(b); i++ {
		switch b[i] {
		case ',', ':', ']', '}', ' ', '\t', '\r', '\n':
			return i
		}
	}
	return i
}

// unquote is the text of a JSON string.
func unquote(b []byte) (string, error) {
	if bytes.IndexByte(b, '\\') < 0 {
		return strings.ToValidUTF8(string(b[1:len(b)-1]), "\uFFFD"), nil
	}
	var s string
	err := json.Unmarshal(b, &s)
	return s, err
}

// placeholder is the place of {"_placeholder":true,"num":N} in a value; num is
// -1 when it is no attachment's number.
type placeholder struct{ start, end, num int }

// checkPlaceholders says whether the placeholders in the values refer to n
// attachments, to none of them twice.
func checkPlaceholders(values []json.RawMessage, n int) error {
	seen := make([]bool, n)
	for _, value := range values {
		found, err := placeholders(value)
		if err != nil {
			return err
		}
		for _, p := range found {
			if p.num < 0 || p.num >= n || seen[p.num] {
				return ErrPlaceholder
			}
			seen[p.num] = true
		}
	}
	return nil
}

// placeholders finds those in a valid JSON value, in their order.
func placeholders(value []byte) ([]placeholder, error) {
	w := walker{b: value}
	_, err := w.value(space(value, 0), 0)
	return w.found, err
}

// walker reads a value once, from left to right.
type walker struct {
	b     []byte
	found []placeholder
}

// value walks the value at i and returns its end.
func (w *walker) value(i, depth int) (int, error) {
	if depth > maxDepth {
		return 0, ErrMalformed
	}
	switch w.b[i] {
	case '[':
		return w.array(i, depth)
	case '{':
		return w.object(i, depth)
	}
	return skip(w.b, i), nil
}

func (w *walker) array(i, depth int) (int, error) {
	for i = space(w.b, i+1); w.b[i] != ']'; {
		end, err := w.value(i, depth+1)
		if err != nil {
			return 0, err
		}
		i = w.next(end)
	}
	return i + 1, nil
}

// object walks the members; a placeholder counts instead of what is inside it.
// Of members with the same name the last one counts, as in JavaScript.
func (w *walker) object(start, depth int) (int, error) {
	before, marked, num := len(w.found), false, -1
	i := space(w.b, start+1)
	for w.b[i] != '}' {
		keyEnd := skipString(w.b, i)
		at := space(w.b, space(w.b, keyEnd)+1)
		end, err := w.value(at, depth+1)
		if err != nil {
			return 0, err
		}
		switch key(w.b[i:keyEnd]) {
		case "_placeholder":
			marked = string(w.b[at:end]) == "true"
		case "num":
			num = index(w.b[at:end])
		}
		i = w.next(end)
	}
	if marked {
		w.found = append(w.found[:before], placeholder{start, i + 1, num})
	}
	return i + 1, nil
}

// next goes from the end of a value to the next one or the closing bracket.
func (w *walker) next(end int) int {
	i := space(w.b, end)
	if w.b[i] == ',' {
		i = space(w.b, i+1)
	}
	return i
}

// key is a member's name if it can be one that matters here.
func key(quoted []byte) string {
	if len(quoted) > 2+6*len("_placeholder") { // each character may be \uXXXX
		return ""
	}
	name, err := unquote(quoted)
	if err != nil {
		return ""
	}
	return name
}

// index is the attachment number that a JSON value stands for, or -1.
func index(b []byte) int {
	if len(b) > 32 {
		return -1
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil || f < 0 || f > 1e6 || f != float64(int(f)) {
		return -1
	}
	return int(f)
}
