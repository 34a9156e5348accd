package desk

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agentportal/portal"
)

// The sizes of what agents write.
const (
	maxText     = 4096 // code points of a message; WhatsApp's limit
	maxClientID = 200  // code points
	maxID       = 200  // bytes of an id that a client sends
)

// maxWAMID is the bytes of a wamid at most; the provider's have about 60. Longer
// ones don't fit into a database's index.
const maxWAMID = 1024

// clean makes s storable everywhere: U+0000 and what is no UTF-8 become U+FFFD.
// Nothing else of it changes.
func clean(s string) string {
	const replacement = "\uFFFD"
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, replacement)
	}
	return strings.ReplaceAll(s, "\x00", replacement)
}

func cleanPtr(s *string) *string {
	if s == nil {
		return nil
	}
	c := clean(*s)
	return &c
}

// isID tells whether s can be an id at all. Databases differ in what they do with
// one that can't.
func isID(s string) bool {
	return s != "" && len(s) <= maxID && utf8.ValidString(s) && !strings.Contains(s, "\x00")
}

// isBlank tells whether a character alone shows nothing: Unicode's white space, and what only shapes or joins others,
// such as U+200B. The signs that stand above or around digits are of that class too, but are seen.
func isBlank(r rune) bool {
	const emptyBraille = '\u2800'
	switch {
	case unicode.IsSpace(r), r == emptyBraille:
		return true
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func checkWAMID(wamid string) error {
	switch {
	case wamid == "":
		return portal.Errorf(portal.Invalid, "wamid is missing")
	case len(wamid) > maxWAMID:
		return portal.Errorf(portal.Invalid, "wamid has %d bytes; at most %d are allowed", len(wamid), maxWAMID)
	}
	return nil
}

// checkText refuses a text that isn't worth sending.
func checkText(text string) error {
	switch n := utf8.RuneCountInString(text); {
	case strings.TrimFunc(text, isBlank) == "":
		return portal.Refuse(portal.Invalid, portal.WhyTextBlank, "text is blank")
	case n > maxText:
		return portal.Errorf(portal.Invalid, "text has %d characters; at most %d are allowed", n, maxText)
	}
	return nil
}
