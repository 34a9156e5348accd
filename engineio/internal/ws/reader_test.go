package ws

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// masked makes a client's frame.
func masked(first byte, payload []byte) []byte {
	b := AppendHeader(nil, 0, len(payload), false)
	b[0], b[1] = first, b[1]|maskBit
	key := [4]byte{0xA1, 0xB2, 0xC3, 0xD4}
	b = append(b, key[:]...)
	b = append(b, payload...)
	unmask(b[len(b)-len(payload):], key, 0)
	return b
}

func text(s string) []byte { return masked(0x81, []byte(s)) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// received is what a Reader returned.
type received struct {
	op   Opcode
	data string
}

// readAll reads until an error.
func readAll(src io.Reader, limit int) ([]received, error) {
	return readFrom(NewReader(src, limit))
}

func readFrom(r *Reader) ([]received, error) {
	var all []received
	for {
		op, data, err := r.Next()
		if err != nil {
			return all, err
		}
		all = append(all, received{op, string(data)})
	}
}

func TestBreaches(t *testing.T) {
	long := func(b1 byte, ext ...byte) []byte {
		return append(append([]byte{0x82, maskBit | b1}, ext...), 1, 2, 3, 4)
	}
	for _, tc := range []struct {
		name string
		in   []byte
		code int
	}{
		{"EIO-70 unmasked frame", AppendFrame(nil, Text, []byte("x")), CodeProtocol},
		{"EIO-71 RSV1 without an extension", masked(0xC1, nil), CodeProtocol},
		{"EIO-71 RSV2", masked(0xA1, nil), CodeProtocol},
		{"EIO-71 RSV3", masked(0x91, nil), CodeProtocol},
		{"EIO-71 opcode 3", masked(0x83, nil), CodeProtocol},
		{"EIO-71 opcode 7", masked(0x87, nil), CodeProtocol},
		{"EIO-71 opcode 11", masked(0x8B, nil), CodeProtocol},
		{"EIO-71 opcode 15", masked(0x8F, nil), CodeProtocol},
		{"EIO-72 fragmented ping", masked(0x09, nil), CodeProtocol},
		{"EIO-72 fragmented close", masked(0x08, nil), CodeProtocol},
		{"EIO-72 control frame of 126 bytes", masked(0x89, make([]byte, 126)), CodeProtocol},
		{"EIO-74 continuation of nothing", masked(0x80, nil), CodeProtocol},
		{"EIO-74 continuation after a single frame", join(masked(0x89, nil), masked(0x00, nil)), CodeProtocol},
		{"EIO-74 message inside a message", join(masked(0x01, nil), text("x")), CodeProtocol},
		{"EIO-75 125 in two bytes", long(126, 0, 125), CodeProtocol},
		{"EIO-75 65535 in eight bytes", long(127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF), CodeProtocol},
		{"EIO-75 highest bit", long(127, 0x80, 0, 0, 0, 0, 1, 0, 0), CodeProtocol},
		{"EIO-76 text", text("\xc0\xaf"), CodeInvalid},
		{"EIO-76 cut rune", text("\xe2\x82"), CodeInvalid},
		{"EIO-76 lone surrogate", text("\xed\xa0\x80"), CodeInvalid},
		{"EIO-76 long text", text(strings.Repeat("x", 900) + "\xff"), CodeInvalid},
		{"EIO-77 too big", masked(0x82, make([]byte, 2001))[:8], CodeTooBig},
		{"EIO-77 too big for a number", long(127, 0x7F, 255, 255, 255, 255, 255, 255, 255), CodeTooBig},
		{"EIO-77 too big together", join(masked(0x02, make([]byte, 1500)), masked(0x80, make([]byte, 501))[:8]), CodeTooBig},
	} {
		t.Run(tc.name, func(t *testing.T) {
			all, err := readAll(bytes.NewReader(tc.in), 2000)
			var breach *Error
			require.ErrorAs(t, err, &breach)
			require.Equal(t, tc.code, breach.Code)
			for _, m := range all {
				require.Equal(t, Ping, m.op)
			}
			require.NotEmpty(t, breach.Error())
		})
	}
}

func TestMessages(t *testing.T) {
	t.Run("EIO-73 fragments, with control frames between them", func(t *testing.T) {
		all, err := readAll(bytes.NewReader(join(
			masked(0x01, []byte("he")), masked(0x89, []byte("1")), masked(0x00, []byte("l\xc3")), masked(0x8A, nil),
			masked(0x00, nil), masked(0x80, []byte("\xa9o")), masked(0x82, []byte{0xff}), masked(0x88, []byte("\x03\xe8")),
		)), 2000)
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, []received{{Ping, "1"}, {Pong, ""}, {Text, "helé" + "o"}, {Binary, "\xff"}, {Close, "\x03\xe8"}}, all)
	})
	t.Run("EIO-77 exactly the limit", func(t *testing.T) {
		all, _ := readAll(bytes.NewReader(join(masked(0x02, make([]byte, 1500)), masked(0x80, make([]byte, 500)))), 2000)
		require.Len(t, all, 1)
		require.Len(t, all[0].data, 2000)
	})
	t.Run("EIO-77 memory is taken only as bytes arrive", func(t *testing.T) {
		frame := masked(0x82, make([]byte, 1<<20))
		r := NewReader(bytes.NewReader(frame[:10_000]), 1<<20)
		_, _, err := r.Next()
		require.ErrorIs(t, err, io.EOF)
		require.Less(t, cap(r.msg), 40_000)
	})
	t.Run("EIO-57 Keep", func(t *testing.T) {
		long := strings.Repeat("x", 600)
		r := NewReader(bytes.NewReader(join(masked(0x82, []byte("short")), masked(0x82, []byte(long)), masked(0x82, []byte("other")))), 2000)
		var kept [][]byte
		for range 3 {
			_, data, err := r.Next()
			require.NoError(t, err)
			kept = append(kept, r.Keep(data))
		}
		require.Equal(t, "short", string(kept[0]))
		require.Equal(t, long, string(kept[1]))
		require.Equal(t, "other", string(kept[2]))
	})
	t.Run("EIO-73 a source that gives nothing", func(t *testing.T) {
		_, err := readAll(iotest.ErrReader(nil), 10)
		require.ErrorIs(t, err, io.ErrNoProgress)
	})
}

func TestAnyMessages(t *testing.T) {
	t.Run("EIO-73 any messages, cut anyhow, are read as they were sent", rapid.MakeCheck(func(t *rapid.T) {
		var wire []byte
		var want []received
		for range rapid.IntRange(0, 8).Draw(t, "messages") {
			msg := rapid.SliceOfN(rapid.Byte(), 0, 1500).Draw(t, "message")
			rest, first := msg, byte(Binary)
			for {
				n := rapid.IntRange(0, len(rest)).Draw(t, "fragment")
				if rapid.Bool().Draw(t, "control") {
					wire = append(wire, masked(0x89, []byte("!"))...)
					want = append(want, received{Ping, "!"})
				}
				if n == len(rest) {
					wire = append(wire, masked(first|finBit, rest)...)
					break
				}
				wire = append(wire, masked(first, rest[:n])...)
				rest, first = rest[n:], 0
			}
			want = append(want, received{Binary, string(msg)})
		}
		var src io.Reader = bytes.NewReader(wire)
		if rapid.Bool().Draw(t, "dribble") {
			src = iotest.OneByteReader(src)
		}
		got, err := readAll(src, 1<<20)
		if err != io.EOF || len(got) != len(want) {
			t.Fatalf("%d of %d, %v", len(got), len(want), err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%d: got %q, want %q", i, got[i], want[i])
			}
		}
	}))
}

func TestIdleReaderIsSmall(t *testing.T) {
	t.Run("EIO-55 a short message allocates nothing", func(t *testing.T) {
		frame := text(strings.Repeat("x", 400))
		src := bytes.NewReader(nil)
		r := NewReader(src, 1000)
		require.Zero(t, testing.AllocsPerRun(100, func() {
			src.Reset(frame)
			if _, _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}))
	})
}

func TestHeaders(t *testing.T) {
	t.Run("EIO-75 the server's own lengths", func(t *testing.T) {
		for n, want := range map[int]int{0: 2, 125: 2, 126: 4, 65535: 4, 65536: 10} {
			b := AppendHeader(nil, Binary, n, false)
			require.Len(t, b, want)
			require.LessOrEqual(t, len(b), MaxHeader)
			switch want {
			case 4:
				require.EqualValues(t, n, binary.BigEndian.Uint16(b[2:]))
			case 10:
				require.EqualValues(t, n, binary.BigEndian.Uint64(b[2:]))
			}
		}
		require.Equal(t, byte(0xC1), AppendHeader(nil, Text, 0, true)[0])
	})
}

func TestClose(t *testing.T) {
	payload := func(code int, reason string) []byte {
		return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
	}
	t.Run("EIO-78 codes", func(t *testing.T) {
		for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
			got, err := ParseClose(payload(code, "réason"))
			require.NoError(t, err, code)
			require.Equal(t, code, got)
		}
		for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
			_, err := ParseClose(payload(code, ""))
			require.Error(t, err, code)
		}
		code, err := ParseClose(nil)
		require.NoError(t, err)
		require.Equal(t, CodeNoStatus, code)
		_, err = ParseClose([]byte{3})
		require.Error(t, err)
		_, err = ParseClose(payload(1000, "\xff"))
		var breach *Error
		require.ErrorAs(t, err, &breach)
		require.Equal(t, CodeInvalid, breach.Code)
	})
	t.Run("EIO-80 close frames", func(t *testing.T) {
		require.Equal(t, []byte{0x88, 0}, AppendClose(nil, CodeNoStatus))
		require.Equal(t, []byte{0x88, 2, 0x03, 0xE8}, AppendClose(nil, CodeNormal))
	})
}
