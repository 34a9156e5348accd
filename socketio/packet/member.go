package packet

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Member is the member of that name of an object, sharing its memory; nil: raw
// is no object, or has no such member. raw must be valid JSON, as what a
// Decoder gives is. Of members with the same name the last one counts, as in
// JavaScript.
func Member(raw json.RawMessage, name string) json.RawMessage {
	i := space(raw, 0)
	if i == len(raw) || raw[i] != '{' {
		return nil
	}
	var found json.RawMessage
	w := walker{b: raw}
	for i = space(raw, i+1); raw[i] != '}'; {
		keyEnd := skipString(raw, i)
		at := space(raw, space(raw, keyEnd)+1)
		end := skip(raw, at)
		if named(raw[i:keyEnd], name) {
			found = raw[at:end:end]
		}
		i = w.next(end)
	}
	return found
}

// named says whether a quoted name is name; few names hold escapes. What is no
// UTF-8 stands for U+FFFD, as in all texts.
func named(quoted []byte, name string) bool {
	if string(quoted[1:len(quoted)-1]) == name {
		return utf8.ValidString(name)
	}
	// An escape is longer than what it stands for; only U+FFFD may be longer.
	if len(quoted)-2 <= len(name) && !strings.ContainsRune(name, utf8.RuneError) {
		return false
	}
	s, err := unquote(quoted)
	return err == nil && s == name
}
