package packet

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// FuzzDecode: what decodes is encoded to the same bytes.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "4hello", "2probe", "0{}", "7", "b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := Decode(in)
		if err == nil && !bytes.Equal(Append(nil, p), in) {
			t.Fatalf("%q became %q", in, Append(nil, p))
		}
	})
}

// FuzzPayload: what decodes survives another round, text stays UTF-8, and data
// is never larger than the payload.
func FuzzPayload(f *testing.F) {
	for _, s := range []string{"", "4a\x1ebAQIDBA==\x1e3", "\x1e", "b", "bAQ==\r\n", "4\xff", "1\x1e4x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		packets, err := decodeAll(in)
		if err != nil {
			return
		}
		for _, p := range packets {
			if len(p.Data) > len(in) || !p.Binary && !utf8.Valid(p.Data) {
				t.Fatalf("%q from %q", p.Data, in)
			}
		}
		again, err := decodeAll(AppendPayload(nil, packets...))
		if err != nil || len(again) != len(packets) {
			t.Fatalf("%d packets, then %d, %v", len(packets), len(again), err)
		}
		for i, p := range packets {
			if q := again[i]; q.Type != p.Type || q.Binary != p.Binary || !bytes.Equal(q.Data, p.Data) {
				t.Fatalf("packet %d: %q, then %q", i, p.Data, q.Data)
			}
		}
	})
}
