package ws

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// The close codes that a server sends by itself, RFC 6455 section 7.4.1.
const (
	CodeNormal      = 1000
	CodeGoingAway   = 1001
	CodeProtocol    = 1002
	CodeUnsupported = 1003
	CodeNoStatus    = 1005 // never on the wire: a close frame without a code
	CodeInvalid     = 1007
	CodePolicy      = 1008
	CodeTooBig      = 1009
	CodeTryLater    = 1013
)

// Error is a breach of the protocol by the peer; Code goes into the close
// frame that answers it.
type Error struct {
	Code int
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("websocket: %s (%d)", e.Text, e.Code) }

func breach(text string) error { return &Error{Code: CodeProtocol, Text: text} }

// AppendClose appends a close frame; CodeNoStatus makes one without a code.
func AppendClose(dst []byte, code int) []byte {
	if code == CodeNoStatus {
		return AppendHeader(dst, Close, 0, false)
	}
	return binary.BigEndian.AppendUint16(AppendHeader(dst, Close, 2, false), uint16(code))
}

// ParseClose checks the payload of a close frame and returns its code,
// CodeNoStatus if it has none.
func ParseClose(payload []byte) (int, error) {
	switch len(payload) {
	case 0:
		return CodeNoStatus, nil
	case 1:
		return 0, breach("close frame of one byte")
	}
	code := int(binary.BigEndian.Uint16(payload))
	if !mayBeSent(code) {
		return 0, breach("invalid close code")
	}
	if !utf8.Valid(payload[2:]) {
		return 0, &Error{Code: CodeInvalid, Text: "close reason is not UTF-8"}
	}
	return code, nil
}

// mayBeSent says whether a code may stand in a close frame, section 7.4.
func mayBeSent(code int) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014:
		return true
	default:
		return code >= 3000 && code <= 4999
	}
}
