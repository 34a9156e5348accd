package ws

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// The cases of the Autobahn test suite that concern a reader, by its sections;
// what a session answers is in engineio.

// ending is how reading ends: with a code, or 0 for the source's end.
func ending(t *testing.T, in []byte) (all []received, code int) {
	t.Helper()
	all, err := readAll(bytes.NewReader(in), 1<<20)
	cut, errCut := readAll(iotest.HalfReader(bytes.NewReader(in)), 1<<20)
	require.Equal(t, all, cut)
	require.Equal(t, err, errCut)
	if breach, ok := err.(*Error); ok {
		return all, breach.Code
	}
	require.ErrorIs(t, err, io.EOF)
	return all, 0
}

func TestAutobahnFraming(t *testing.T) {
	t.Run("EIO-73 section 1: every length that has a form of its own", func(t *testing.T) {
		for _, n := range []int{0, 1, 125, 126, 127, 128, 255, 256, 65535, 65536} {
			for _, first := range []byte{0x81, 0x82} {
				want := strings.Repeat("*", n)
				all, code := ending(t, masked(first, []byte(want)))
				require.Zero(t, code)
				require.Equal(t, []received{{Opcode(first & 0xF), want}}, all)
			}
		}
	})
	t.Run("EIO-79 section 2: pings and pongs of every length, unsolicited too", func(t *testing.T) {
		for n := range maxControl + 1 {
			payload := bytes.Repeat([]byte{0xFE}, n)
			all, code := ending(t, join(masked(0x89, payload), masked(0x8A, payload)))
			require.Zero(t, code)
			require.Equal(t, []received{{Ping, string(payload)}, {Pong, string(payload)}}, all)
		}
	})
	t.Run("EIO-71 section 3: every mix of reserved bits, on every opcode", func(t *testing.T) {
		for bits := byte(1); bits < 8; bits++ {
			for _, op := range []Opcode{Continuation, Text, Binary, Close, Ping, Pong} {
				all, code := ending(t, join(text("before"), masked(finBit|bits<<4|byte(op), nil), text("after")))
				require.Equal(t, CodeProtocol, code)
				require.Equal(t, []received{{Text, "before"}}, all)
			}
		}
	})
	t.Run("EIO-71 section 4: every reserved opcode, with and without payload", func(t *testing.T) {
		for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
			for _, payload := range []string{"", "reserved"} {
				for _, fin := range []byte{0, finBit} {
					_, code := ending(t, join(masked(fin|op, []byte(payload)), masked(0x89, nil)))
					require.Equal(t, CodeProtocol, code, op)
				}
			}
		}
	})
	t.Run("EIO-70 every frame must be masked, with any key", func(t *testing.T) {
		for _, op := range []Opcode{Text, Binary, Close, Ping, Pong} {
			_, code := ending(t, AppendFrame(nil, op, []byte("\x03\xe8")))
			require.Equal(t, CodeProtocol, code)
		}
		for _, key := range [][4]byte{{}, {0xFF, 0xFF, 0xFF, 0xFF}, {1, 0, 0, 0}, {0, 0, 0, 9}} {
			for n := range 20 {
				want := []byte("masking is undone here"[:n])
				body := bytes.Clone(want)
				unmask(body, key, 0)
				all, code := ending(t, join([]byte{0x82, maskBit | byte(n)}, key[:], body))
				require.Zero(t, code)
				require.Equal(t, []received{{Binary, string(want)}}, all)
			}
		}
	})
	t.Run("EIO-75 every length in a longer form than it needs", func(t *testing.T) {
		for _, n := range []uint64{0, 1, 125} {
			in := append(binary.BigEndian.AppendUint16([]byte{0x82, maskBit | 126}, uint16(n)), 0, 0, 0, 0)
			_, code := ending(t, append(in, make([]byte, n)...))
			require.Equal(t, CodeProtocol, code)
		}
		for _, n := range []uint64{0, 125, 126, 65535} {
			in := append(binary.BigEndian.AppendUint64([]byte{0x82, maskBit | 127}, n), 0, 0, 0, 0)
			_, code := ending(t, append(in, make([]byte, n)...))
			require.Equal(t, CodeProtocol, code)
		}
		for _, length := range []byte{126, 127} {
			_, code := ending(t, []byte{0x89, maskBit | length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
			require.Equal(t, CodeProtocol, code, "a control frame has no longer forms")
		}
	})
}

func TestAutobahnFragments(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   [][]byte
		code int
		want []received
	}{
		{"EIO-72 5.1 a ping in two fragments", [][]byte{masked(0x09, []byte("a")), masked(0x80, []byte("b"))}, CodeProtocol, nil},
		{"EIO-72 5.2 a pong in two fragments", [][]byte{masked(0x0A, []byte("a")), masked(0x80, []byte("b"))}, CodeProtocol, nil},
		{"EIO-73 5.3 a text in two", [][]byte{masked(0x01, []byte("a")), masked(0x80, []byte("b"))}, 0, []received{{Text, "ab"}}},
		{"EIO-73 5.6 a ping between them", [][]byte{masked(0x01, []byte("a")), masked(0x89, []byte("p")), masked(0x80, []byte("b"))}, 0,
			[]received{{Ping, "p"}, {Text, "ab"}}},
		{"EIO-74 5.9 a continuation with FIN of nothing", [][]byte{masked(0x80, []byte("a")), text("b")}, CodeProtocol, nil},
		{"EIO-74 5.12 one without FIN", [][]byte{masked(0x00, []byte("a")), text("b")}, CodeProtocol, nil},
		{"EIO-74 5.15 one after a whole message", [][]byte{masked(0x01, []byte("a")), masked(0x80, []byte("b")), masked(0x00, []byte("c"))}, CodeProtocol,
			[]received{{Text, "ab"}}},
		{"EIO-74 5.18 a text inside a text", [][]byte{masked(0x01, []byte("a")), text("b")}, CodeProtocol, nil},
		{"EIO-74 a binary message inside a text", [][]byte{masked(0x01, []byte("a")), masked(0x82, []byte("b"))}, CodeProtocol, nil},
		{"EIO-73 5.19 many, pings between", [][]byte{masked(0x01, []byte("a")), masked(0x00, []byte("b")), masked(0x89, []byte("1")), masked(0x00, []byte("c")),
			masked(0x00, []byte("d")), masked(0x89, []byte("2")), masked(0x80, []byte("e"))}, 0, []received{{Ping, "1"}, {Ping, "2"}, {Text, "abcde"}}},
		{"EIO-73 6.1 empty fragments", [][]byte{masked(0x01, nil), masked(0x00, nil), masked(0x80, nil)}, 0, []received{{Text, ""}}},
		{"EIO-73 6.1 empty but for one", [][]byte{masked(0x01, nil), masked(0x00, []byte("x")), masked(0x80, nil)}, 0, []received{{Text, "x"}}},
		{"EIO-73 a close frame between fragments", [][]byte{masked(0x01, []byte("a")), masked(0x88, []byte("\x03\xe8"))}, 0, []received{{Close, "\x03\xe8"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			all, code := ending(t, join(tc.in...))
			require.Equal(t, tc.code, code)
			require.Equal(t, tc.want, all)
		})
	}
}

func TestAutobahnUTF8(t *testing.T) {
	// Sections 6.5 to 6.23: the first and last of every length, what stands on
	// either side of the surrogates, noncharacters.
	good := []string{"", "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\x00", "\x7f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\uffff",
		"\U00010000", "\U0010fffe", "\U0010ffff", "\ufeffx"}
	bad := []string{"\x80", "\xbf", "\x80\xbf", "\xc0", "\xfe", "\xff", "\xc3 ", "\xe2\x82", "\xf0\x9f\x98", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf",
		"\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xed\xa0\x80\xed\xb0\x80",
		"\xf4\x90\x80\x80", "κόσμε\xed\xa0\x80edited", "\xce"}
	t.Run("EIO-76 valid, cut at every byte", func(t *testing.T) {
		for _, s := range good {
			require.True(t, utf8.ValidString(s))
			for i := range len(s) + 1 {
				for j := i; j <= len(s); j++ {
					all, code := ending(t, join(masked(0x01, []byte(s[:i])), masked(0x00, []byte(s[i:j])), masked(0x80, []byte(s[j:])), text(s)))
					require.Zero(t, code, "%q cut at %d and %d", s, i, j)
					require.Equal(t, []received{{Text, s}, {Text, s}}, all)
				}
			}
		}
	})
	t.Run("EIO-76 invalid, cut at every byte", func(t *testing.T) {
		for _, s := range bad {
			for i := range len(s) + 1 {
				all, code := ending(t, join(masked(0x01, []byte(s[:i])), masked(0x80, []byte(s[i:]))))
				require.Equal(t, CodeInvalid, code, "%q cut at %d", s, i)
				require.Empty(t, all)
			}
			all, code := ending(t, masked(0x82, []byte(s)))
			require.Zero(t, code, "binary may hold anything")
			require.Len(t, all, 1)
		}
	})
	t.Run("EIO-76 6.4: as soon as the fragment has come that can't be", func(t *testing.T) {
		for _, s := range []string{"κόσμε\xf4\x90", "\xed\xa0", "\xc0", "ok\xff"} {
			_, code := ending(t, masked(0x01, []byte(s)))
			require.Equal(t, CodeInvalid, code, "%q", s)
			_, code = ending(t, join(masked(0x01, []byte(s[:len(s)-1])), masked(0x00, []byte(s[len(s)-1:]))))
			require.Equal(t, CodeInvalid, code, "%q", s)
		}
		_, code := ending(t, masked(0x01, []byte("κόσμε\xf4\x8f")))
		require.Zero(t, code, "it may go on")
	})
}

func TestAutobahnClose(t *testing.T) {
	t.Run("EIO-78 7.3: payloads", func(t *testing.T) {
		for _, tc := range []struct {
			payload string
			code    int // of the breach, 0: none
		}{
			{"", 0}, {"\x03", CodeProtocol}, {"\x03\xe8", 0}, {"\x03\xe8Hello World!", 0}, {"\x03\xe8" + strings.Repeat("*", 123), 0},
			{"\x03\xe8\xce\xba\xe1\xbd", CodeInvalid},
		} {
			_, err := ParseClose([]byte(tc.payload))
			if tc.code == 0 {
				require.NoError(t, err)
				continue
			}
			var breach *Error
			require.ErrorAs(t, err, &breach)
			require.Equal(t, tc.code, breach.Code, "%q", tc.payload)
		}
		_, code := ending(t, masked(0x88, make([]byte, 126)))
		require.Equal(t, CodeProtocol, code)
	})
	t.Run("EIO-78 7.7, 7.9 and 7.13: every code there is", func(t *testing.T) {
		for n := range 65536 {
			want := n >= 1000 && n <= 1003 || n >= 1007 && n <= 1014 || n >= 3000 && n <= 4999
			_, err := ParseClose(binary.BigEndian.AppendUint16(nil, uint16(n)))
			if (err == nil) != want {
				t.Fatal(fmt.Sprint(n), err)
			}
		}
	})
}
