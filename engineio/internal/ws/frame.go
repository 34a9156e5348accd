// Package ws is the slice of RFC 6455 that a server needs: the opening
// handshake, reading masked frames into whole messages, and making unmasked
// frames. It starts no goroutine and knows no clock.
package ws

import "encoding/binary"

// Opcode is the kind of a frame, RFC 6455 section 5.2.
type Opcode byte

// The opcodes that RFC 6455 defines.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

const (
	finBit  = 0x80
	rsv1Bit = 0x40
	rsvBits = 0x70
	maskBit = 0x80

	// maxControl is the most that a control frame carries, section 5.5.
	maxControl = 125
	// MaxHeader is the length of the longest header that a server sends.
	MaxHeader = 10
)

func (op Opcode) control() bool { return op&0x8 != 0 }

// AppendHeader appends the header of an unmasked, unfragmented frame of n
// bytes. compressed sets RSV1 (RFC 7692 section 6).
func AppendHeader(dst []byte, op Opcode, n int, compressed bool) []byte {
	first := finBit | byte(op)
	if compressed {
		first |= rsv1Bit
	}
	switch {
	case n <= 125:
		return append(dst, first, byte(n))
	case n <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, 127), uint64(n))
	}
}

// AppendFrame appends an unmasked, unfragmented frame.
func AppendFrame(dst []byte, op Opcode, payload []byte) []byte {
	return append(AppendHeader(dst, op, len(payload), false), payload...)
}

// unmask undoes the masking of b, which stands at byte pos of its frame,
// section 5.3.
func unmask(b []byte, key [4]byte, pos int) {
	var k [8]byte
	for i := range k {
		k[i] = key[(pos+i)&3]
	}
	k8 := binary.LittleEndian.Uint64(k[:])
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k8)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= k[i]
	}
}
