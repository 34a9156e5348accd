package packet

import (
	"encoding/binary"
	"math/bits"
)

// maxNesting bounds how deep values may be nested, as encoding/json does.
const maxNesting = 10_000

// scanValue is the end of the JSON value that starts at i, or -1 if there is
// none. It takes what encoding/json takes, in a third of the time: whole strings
// at once instead of a step of a machine for each byte.
func scanValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return scanString(b, i)
	case '{', '[':
		if depth++; depth > maxNesting {
			return -1
		}
		return scanList(b, i, depth)
	case 't':
		return scanWord(b, i, "true")
	case 'f':
		return scanWord(b, i, "false")
	case 'n':
		return scanWord(b, i, "null")
	}
	return scanNumber(b, i)
}

// scanList scans an array or object.
func scanList(b []byte, i, depth int) int {
	object, last := b[i] == '{', b[i]+2 // in ASCII
	if i = space(b, i+1); i < len(b) && b[i] == last {
		return i + 1
	}
	for {
		if object {
			if i = scanName(b, i); i < 0 {
				return -1
			}
		}
		if i = scanValue(b, i, depth); i < 0 {
			return -1
		}
		switch i = space(b, i); {
		case i == len(b):
			return -1
		case b[i] == last:
			return i + 1
		case b[i] != ',':
			return -1
		}
		i = space(b, i+1)
	}
}

// scanName scans a member's name and colon, up to its value.
func scanName(b []byte, i int) int {
	if i == len(b) || b[i] != '"' {
		return -1
	}
	if i = scanString(b, i); i < 0 {
		return -1
	}
	if i = space(b, i); i == len(b) || b[i] != ':' {
		return -1
	}
	return space(b, i+1)
}

func scanString(b []byte, i int) int {
	for i = plain(b, i+1); i < len(b); i = plain(b, i) {
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			if i = scanEscape(b, i+1); i < 0 {
				return -1
			}
		default: // a control character
			return -1
		}
	}
	return -1
}

// plain is the first position from i on whose byte means something in a string,
// found eight bytes at a time.
func plain(b []byte, i int) int {
	const ones = 0x0101010101010101
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, escape := w^ones*'"', w^ones*'\\'
		// A byte's high bit is set where the byte is zero, or less than a space.
		// Only bits above the first one may be wrong.
		found := ((quote-ones)&^quote | (escape-ones)&^escape | (w-ones*' ')&^w) & (ones << 7)
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
		i++
	}
	return i
}

// scanEscape scans what follows a backslash.
func scanEscape(b []byte, i int) int {
	if i == len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		if i+5 > len(b) {
			return -1
		}
		for _, c := range b[i+1 : i+5] {
			if c|' ' < 'a' && (c < '0' || c > '9') || c|' ' > 'f' {
				return -1
			}
		}
		return i + 5
	}
	return -1
}

func scanWord(b []byte, i int, word string) int {
	if end := i + len(word); end <= len(b) && string(b[i:end]) == word {
		return end
	}
	return -1
}

func scanNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	end := i + countDigits(b[i:])
	if end == i || b[i] == '0' && end > i+1 {
		return -1
	}
	if i = end; i < len(b) && b[i] == '.' {
		end = i + 1 + countDigits(b[i+1:])
		if end == i+1 {
			return -1
		}
		i = end
	}
	if i < len(b) && b[i]|' ' == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		end = i + countDigits(b[i:])
		if end == i {
			return -1
		}
		i = end
	}
	return i
}
