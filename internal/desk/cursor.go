package desk

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"github.com/agentportal/portal"
)

// sumSize is how many bytes of a cursor tell whose it is.
const sumSize = 8

// sealCursor makes opaque text of a place in one list.
func sealCursor(list string, place any) string {
	b, _ := json.Marshal(place) //nolint:errchkjson // numbers and strings only
	return base64.RawURLEncoding.EncodeToString(append(cursorSum(list, b), b...))
}

// openCursor reads back what sealCursor made for the same list. Anything else, cut or changed ones and other lists'
// among it, is Invalid: it would lead to a place that nobody meant. It is no secret that keeps others out, who would
// see no more by a cursor of their own making than by walking through the list.
func openCursor(list, cursor string, place any) error {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < sumSize || !bytes.Equal(b[:sumSize], cursorSum(list, b[sumSize:])) || json.Unmarshal(b[sumSize:], place) != nil {
		return portal.Errorf(portal.Invalid, "the cursor is none of this list's")
	}
	return nil
}

func cursorSum(list string, place []byte) []byte {
	sum := sha256.Sum256(append([]byte(list+"\x00"), place...))
	return sum[:sumSize]
}
