// Package packet is the wire codec of Engine.IO v4: bytes to packets and back.
//
// It is pure: no I/O, no goroutine, no clock. Decoded packets refer to the
// bytes they were decoded from, except where base64 had to be undone.
//
// Specification: https://socket.io/docs/v4/engine-io-protocol/
package packet

import (
	"bytes"
	"encoding/base64"
	"errors"
	"unicode/utf8"
)

// Type is the first character of a packet.
type Type byte

// The packet types of Engine.IO v4.
const (
	Open    Type = '0' // server: the handshake
	Close   Type = '1' // either side: the session ends
	Ping    Type = '2' // server: heartbeat; client: probe of an upgrade
	Pong    Type = '3' // client: heartbeat; server: answer to a probe
	Message Type = '4' // either side: a message
	Upgrade Type = '5' // client: the upgrade is complete
	Noop    Type = '6' // server: ends a poll that has nothing to carry
)

// Separator stands between the packets of a polling payload.
const Separator = 0x1e

// binaryMark starts a binary message in a polling payload.
const binaryMark = 'b'

// Probe is the data of the ping and pong that check an upgrade.
const Probe = "probe"

// Errors of decoding.
var (
	// ErrEmpty says that a packet has not even a type.
	ErrEmpty = errors.New("packet: empty")
	// ErrType says that a packet's first character is no packet type.
	ErrType = errors.New("packet: unknown type")
	// ErrBase64 says that a binary packet isn't valid base64.
	ErrBase64 = errors.New("packet: invalid base64")
	// ErrUTF8 says that a payload isn't valid UTF-8.
	ErrUTF8 = errors.New("packet: invalid UTF-8")
)

// Packet is one Engine.IO packet.
type Packet struct {
	Type   Type
	Binary bool // only for messages
	Data   []byte
}

// Decode decodes one text packet, as a WebSocket text message carries it. A
// WebSocket binary message is a binary Message as it is and needs no decoding.
// The packet's data refers to b.
func Decode(b []byte) (Packet, error) {
	if len(b) == 0 {
		return Packet{}, ErrEmpty
	}
	t := Type(b[0])
	if t < Open || t > Noop {
		return Packet{}, ErrType
	}
	return Packet{Type: t, Data: b[1:]}, nil
}

// CheckPayload says whether a polling payload is text at all. Call it once
// before Next.
func CheckPayload(payload []byte) error {
	if len(payload) == 0 {
		return ErrEmpty
	}
	if !utf8.Valid(payload) {
		return ErrUTF8
	}
	return nil
}

// Next decodes the first packet of a polling payload and returns what follows
// it; more is false once the payload is used up. A text packet's data refers
// to payload, a binary one's is its own.
func Next(payload []byte) (p Packet, rest []byte, more bool, err error) {
	one := payload
	if i := bytes.IndexByte(payload, Separator); i >= 0 {
		one, rest, more = payload[:i], payload[i+1:], true
	}
	if len(one) > 0 && one[0] == binaryMark {
		p, err = decodeBase64(one[1:])
	} else {
		p, err = Decode(one)
	}
	return p, rest, more, err
}

func decodeBase64(b []byte) (Packet, error) {
	data := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	n, err := base64.StdEncoding.Decode(data, b)
	if err != nil {
		return Packet{}, ErrBase64
	}
	return Packet{Type: Message, Binary: true, Data: data[:n]}, nil
}

// Append appends p as a polling payload or a WebSocket text message carries
// it: the type and the data, or, if binary, the mark and base64.
func Append(dst []byte, p Packet) []byte {
	if p.Binary {
		return base64.StdEncoding.AppendEncode(append(dst, binaryMark), p.Data)
	}
	return append(append(dst, byte(p.Type)), p.Data...)
}

// AppendPayload appends packets as one polling payload.
func AppendPayload(dst []byte, packets ...Packet) []byte {
	for i, p := range packets {
		if i > 0 {
			dst = append(dst, Separator)
		}
		dst = Append(dst, p)
	}
	return dst
}
