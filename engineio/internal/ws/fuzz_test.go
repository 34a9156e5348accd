package ws

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// FuzzReader: whatever comes, with and without compression, the reader ends
// with a breach or the source's end, keeps to its limit, and doesn't depend on
// how the bytes are cut.
func FuzzReader(f *testing.F) {
	f.Add(text("hello"))
	f.Add(join(masked(0x01, []byte("a")), masked(0x89, nil), masked(0x80, []byte("b"))))
	f.Add(join(masked(0x82, make([]byte, 600)), masked(0x88, []byte("\x03\xe8"))))
	f.Add([]byte{0x82, 0xFE, 0, 1})
	f.Add(join(masked(0x41, deflated([]byte("hello"), 1)), masked(0x80, nil), masked(0xC2, []byte{0})))
	f.Fuzz(func(t *testing.T, in []byte) {
		fuzzReader(t, in, readAll)
		fuzzReader(t, in, readDeflated)
	})
}

func fuzzReader(t *testing.T, in []byte, read func(io.Reader, int) ([]received, error)) {
	const limit = 1000
	whole, err := read(bytes.NewReader(in), limit)
	cut, errCut := read(iotest.OneByteReader(bytes.NewReader(in)), limit)
	var breach *Error
	if !errors.As(err, &breach) && err != io.EOF {
		t.Fatalf("ends with %v", err)
	}
	if len(whole) != len(cut) || err.Error() != errCut.Error() {
		t.Fatalf("%d messages and %v, byte by byte %d and %v", len(whole), err, len(cut), errCut)
	}
	for i, m := range whole {
		if m != cut[i] || len(m.data) > limit || m.op == Text && !utf8.ValidString(m.data) {
			t.Fatalf("message %d: %v %q, byte by byte %q", i, m.op, m.data, cut[i].data)
		}
	}
}

func FuzzParseClose(f *testing.F) {
	f.Add([]byte("\x03\xe8bye"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		code, err := ParseClose(payload)
		if err == nil && code != CodeNoStatus && !mayBeSent(code) {
			t.Fatalf("code %d accepted", code)
		}
	})
}
