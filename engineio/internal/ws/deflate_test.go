package ws

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// deflated compresses as a client with zlib does: to the flush's end, without
// what it ends with.
func deflated(payload []byte, level int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		panic(err)
	}
	w.Write(payload)
	w.Flush()
	return b.Bytes()[:b.Len()-4]
}

// readDeflated reads with compression agreed on.
func readDeflated(src io.Reader, limit int) ([]received, error) {
	r := NewReader(src, limit)
	r.Inflate()
	return readFrom(r)
}

func TestDeflated(t *testing.T) {
	t.Run("EIO-86 a frame of its own, without the flush's end", func(t *testing.T) {
		payload := []byte(strings.Repeat(`{"text":"hello"},`, 100))
		b := AppendDeflated(nil, Text, payload)
		require.Equal(t, byte(0xC1), b[0])
		require.Less(t, len(b), len(payload)/5)
		require.EqualValues(t, len(b)-2, b[1])
		require.NotEqual(t, flushed, string(b[len(b)-4:]))
		r := flate.NewReader(io.MultiReader(bytes.NewReader(b[2:]), strings.NewReader(flushed+finalBlock)))
		plain, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, payload, plain)
	})
	t.Run("EIO-86 each message by itself, so the same each time", func(t *testing.T) {
		payload := bytes.Repeat([]byte("0123456789"), 500)
		first := AppendDeflated(nil, Binary, payload)
		AppendDeflated(nil, Binary, make([]byte, 200_000))
		require.Equal(t, first, AppendDeflated(nil, Binary, payload))
		require.LessOrEqual(t, cap(first), len(first)+MaxHeader, "it may wait in queues")
	})
	t.Run("EIO-86 not what would be no shorter", func(t *testing.T) {
		noise := make([]byte, 5000)
		rand.NewChaCha8([32]byte{1}).Read(noise)
		require.Nil(t, AppendDeflated(nil, Binary, noise))
		require.Nil(t, AppendDeflated(nil, Text, nil))
		require.Nil(t, AppendDeflated(nil, Text, []byte("ab")))
	})
	t.Run("EIO-86 from many goroutines", func(t *testing.T) {
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				payload := bytes.Repeat([]byte{byte(i), 1, 2}, 3000)
				b := AppendDeflated(nil, Binary, payload)
				plain, err := inflate(b[2+extension(b):], 10_000)
				if err != nil || !bytes.Equal(payload, plain) {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		wg.Wait()
	})
}

// extension is the length of a short frame's extended length.
func extension(frame []byte) int {
	if frame[1] == 126 {
		return 2
	}
	return 0
}

func TestInflate(t *testing.T) {
	// The examples of RFC 7692 section 7.2.3, all of "Hello".
	for name, wire := range map[string][]byte{
		"one block":          {0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00},
		"no compression":     {0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00},
		"a final block":      {0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00},
		"two blocks":         {0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00},
		"its end sent along": {0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00},
	} {
		t.Run("EIO-89 RFC 7692 section 7.2.3: "+name, func(t *testing.T) {
			all, err := readDeflated(bytes.NewReader(masked(0xC1, wire)), 5)
			require.ErrorIs(t, err, io.EOF)
			require.Equal(t, []received{{Text, "Hello"}}, all)
		})
	}
	t.Run("EIO-89 an empty message", func(t *testing.T) {
		all, _ := readDeflated(bytes.NewReader(masked(0xC2, []byte{0})), 5)
		require.Equal(t, []received{{Binary, ""}}, all)
	})
	t.Run("EIO-85 in fragments, control frames and plain messages between", func(t *testing.T) {
		wire := deflated([]byte("Hello, Hello, Hello"), 6)
		all, err := readDeflated(bytes.NewReader(join(
			masked(0x41, wire[:3]), masked(0x89, []byte("1")), masked(0x00, nil), masked(0x00, wire[3:5]), masked(0x80, wire[5:]),
			text("plain"), masked(0x01, []byte("pl")), masked(0x80, []byte("ain")),
			masked(0xC2, deflated([]byte{0xff}, 1)),
		)), 100)
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, []received{{Ping, "1"}, {Text, "Hello, Hello, Hello"}, {Text, "plain"}, {Text, "plain"}, {Binary, "\xff"}}, all)
	})
	t.Run("EIO-88 noise of exactly the limit, longer when compressed", func(t *testing.T) {
		noise := make([]byte, 200_000)
		rand.NewChaCha8([32]byte{2}).Read(noise)
		wire := deflated(noise, 9)
		require.Greater(t, len(wire), len(noise))
		all, _ := readDeflated(bytes.NewReader(masked(0xC2, wire)), len(noise))
		require.Len(t, all, 1)
		require.Equal(t, string(noise), all[0].data)
	})
	t.Run("EIO-88 Keep", func(t *testing.T) {
		r := NewReader(bytes.NewReader(join(masked(0xC2, deflated([]byte("first"), 1)), masked(0xC2, deflated([]byte("other"), 1)))), 100)
		r.Inflate()
		_, first, err := r.Next()
		require.NoError(t, err)
		kept := r.Keep(first)
		_, _, err = r.Next()
		require.NoError(t, err)
		require.Equal(t, "first", string(kept))
	})
}

func TestDeflateBreaches(t *testing.T) {
	hello := deflated([]byte("Hello"), 6)
	bomb := deflated(make([]byte, 20<<20), 9)
	require.Less(t, len(bomb), 22_000)
	for _, tc := range []struct {
		name string
		in   []byte
		code int
	}{
		{"EIO-85 RSV1 on a ping", masked(0xC9, hello), CodeProtocol},
		{"EIO-85 RSV1 on a pong", masked(0xCA, nil), CodeProtocol},
		{"EIO-85 RSV1 on a close frame", masked(0xC8, nil), CodeProtocol},
		{"EIO-85 RSV1 on a continuation", join(masked(0x41, hello[:2]), masked(0xC0, hello[2:])), CodeProtocol},
		{"EIO-85 RSV1 on a continuation alone", join(masked(0x01, []byte("x")), masked(0xC0, hello)), CodeProtocol},
		{"EIO-85 RSV1 and RSV2", masked(0xE1, hello), CodeProtocol},
		{"EIO-85 RSV3", masked(0x91, []byte("x")), CodeProtocol},
		{"EIO-88 a bomb", masked(0xC2, bomb), CodeTooBig},
		{"EIO-88 a bomb in fragments", join(masked(0x42, bomb[:10_000]), masked(0x80, bomb[10_000:])), CodeTooBig},
		{"EIO-88 one byte too many", masked(0xC2, deflated(make([]byte, 1<<20+1), 6)), CodeTooBig},
		{"EIO-88 too long on the wire, unread", masked(0xC2, make([]byte, 2<<20))[:14], CodeTooBig},
		{"EIO-88 too long on the wire together", join(masked(0x42, make([]byte, 1<<20)), masked(0x80, make([]byte, 1<<20))[:14]), CodeTooBig},
		{"EIO-89 no such block", masked(0xC1, []byte{0x06, 1, 2, 3}), CodeInvalid},
		{"EIO-89 nothing at all", masked(0xC1, nil), CodeInvalid},
		{"EIO-89 a distance before the start", masked(0xC1, []byte{0x4a, 0x04, 0x02, 0x00}), CodeInvalid},
		{"EIO-89 a stored block cut short", masked(0xC1, []byte{0x00, 0x05, 0x00, 0xfa, 0xff, 'H', 'e'}), CodeInvalid},
		{"EIO-89 more behind a final block", masked(0xC1, join([]byte{0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}, hello)), CodeInvalid},
		{"EIO-89 text that is not UTF-8", masked(0xC1, deflated([]byte("a\xff"), 6)), CodeInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			all, err := readDeflated(bytes.NewReader(tc.in), 1<<20)
			var breach *Error
			require.ErrorAs(t, err, &breach)
			require.Equal(t, tc.code, breach.Code, breach.Text)
			require.Empty(t, all)
		})
	}
	t.Run("EIO-88 a bomb takes no more memory than a message may", func(t *testing.T) {
		_, _ = inflate(hello, 10) // the pool's own
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := inflate(bomb, 1<<20)
		runtime.ReadMemStats(&after)
		require.Error(t, err)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(3<<20))
	})
	t.Run("EIO-88 memory is taken only as bytes come out", func(t *testing.T) {
		out, err := inflate(hello, 1<<30)
		require.NoError(t, err)
		require.Less(t, cap(out), 1024)
	})
}

func TestAnyDeflatedMessages(t *testing.T) {
	t.Run("EIO-89 any message, compressed anyhow, is read as it was sent", rapid.MakeCheck(func(t *rapid.T) {
		word := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "word")
		msg := bytes.Repeat(word, rapid.IntRange(0, 2000).Draw(t, "times"))
		wire := deflated(msg, rapid.IntRange(-2, 9).Draw(t, "level"))
		cut := rapid.IntRange(0, len(wire)).Draw(t, "cut")
		got, err := readDeflated(bytes.NewReader(join(masked(0x42, wire[:cut]), masked(0x80, wire[cut:]))), len(msg))
		if err != io.EOF || len(got) != 1 || got[0].data != string(msg) {
			t.Fatalf("%d messages, %v", len(got), err)
		}
		own := AppendDeflated(nil, Binary, msg)
		if own == nil {
			return
		}
		skip := 2
		switch own[1] {
		case 126:
			skip += 2
		case 127:
			skip += 8
		}
		plain, err := inflate(own[skip:], len(msg))
		if err != nil || !bytes.Equal(plain, msg) {
			t.Fatalf("its own form is read as %d bytes, %v", len(plain), err)
		}
	}))
}

func BenchmarkDeflate(b *testing.B) {
	payload := []byte(strings.Repeat(`{"id":"m-81","text":"Where is my parcel?","at":"2026-11-24T12:00:00Z"},`, 60))
	b.Run("compress 4 KB", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			AppendDeflated(nil, Text, payload)
		}
	})
	wire := deflated(payload, 6)
	b.Run("decompress 4 KB", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			inflate(wire, 1<<20)
		}
	})
}

// FuzzInflate: whatever is compressed, the result keeps to the limit or is
// refused with one of two codes; and what was compressed comes out as it was.
func FuzzInflate(f *testing.F) {
	f.Add([]byte{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00})
	f.Add([]byte{0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00})
	f.Add([]byte{0x00})
	f.Add(deflated(make([]byte, 5000), 9))
	f.Add(binary.BigEndian.AppendUint64(nil, 1<<63))
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 2000
		kept := bytes.Clone(in)
		out, err := inflate(in, limit)
		if !bytes.Equal(kept, in) {
			t.Fatal("the input was changed")
		}
		if breach, ok := err.(*Error); err != nil && (!ok || breach.Code != CodeInvalid && breach.Code != CodeTooBig) {
			t.Fatalf("fails with %v", err)
		}
		if len(out) > limit {
			t.Fatalf("%d bytes", len(out))
		}
		back, err := inflate(deflated(in, 1), len(in))
		if err != nil || !bytes.Equal(back, in) {
			t.Fatalf("%q came back as %q, %v", in, back, err)
		}
	})
}
