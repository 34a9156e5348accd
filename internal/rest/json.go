package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// strictJSON reads and writes bodies. Reading differs from encoding/json's in that invalid UTF-8 is malformed
// (RFC 8259 section 8.1), that U+0000, which no database keeps, becomes U+FFFD as in the queues' bodies, and that
// names are what they are: another case is another name, and of one that stands twice only the last counts.
// Lone surrogates become U+FFFD by encoding/json's own rule.
var strictJSON = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}

// exactNames makes the framework's checks, too, tell names apart by case. It is a switch for the whole process.
var exactNames = sync.OnceFunc(func() { huma.ValidateStrictCasing = true })

func unmarshal(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errors.New("not UTF-8")
	}
	data = withoutNUL(data)
	if target := reflect.TypeOf(v).Elem(); target.Kind() == reflect.Struct {
		return unmarshalMembers(data, v, target)
	}
	err := json.Unmarshal(data, v)
	var unfit *json.UnmarshalTypeError
	if value, free := v.(*any); free && errors.As(err, &unfit) {
		// The JSON is well-formed but holds a number that no float64 does. It stays a json.Number, which fits no
		// field: the answer is that the field is wrong, not that the JSON is.
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		return decoder.Decode(value)
	}
	return err
}

// unmarshalMembers reads an object's members into the struct that v points to, by their exact names.
func unmarshalMembers(data []byte, v any, target reflect.Type) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	known := make(map[string]json.RawMessage, target.NumField())
	for field := range target.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if member, stands := members[name]; stands {
			known[name] = member
		}
	}
	exact, err := json.Marshal(known)
	if err != nil {
		return err
	}
	return json.Unmarshal(exact, v)
}

// withoutNUL replaces the escape of U+0000. Backslashes stand only in strings, and always before something.
func withoutNUL(data []byte) []byte {
	if !bytes.Contains(data, []byte(`\u0000`)) {
		return data
	}
	out := bytes.Clone(data)
	for i := 0; i+1 < len(out); i++ {
		if out[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(out[i:], []byte(`\u0000`)) {
			copy(out[i:], `\ufffd`)
		}
		i++ // what is escaped isn't a beginning
	}
	return out
}
