package packet

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzDecode feeds a text message and attachments. What decodes must encode to
// something that decodes to the same.
func FuzzDecode(f *testing.F) {
	for _, e := range examples {
		f.Add([]byte(e.wire))
	}
	for _, s := range []string{`51-["a",{"x":[{"_placeholder":true,"num":0}],"\u005fplaceholder":false}]`, `2["a",1e5,-0,"\ud800"]`, `0/x`, `59-/a,3[1,{}]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		p, whole, err := decode(string(msg), blobs(DefaultMaxAttachments))
		if err != nil {
			return
		}
		if !whole {
			t.Fatalf("%q: not whole with all attachments", msg)
		}
		if p.Type == Event && reserved(p.Event) {
			t.Fatalf("reserved event %q", p.Event)
		}
		for _, a := range p.Args {
			if !json.Valid(a) {
				t.Fatalf("%q: argument %q", msg, a)
			}
		}
		if !utf8.Valid(msg) {
			return // never comes from a transport
		}
		again(t, p)
	})
}

// again encodes and decodes a packet.
func again(t *testing.T, p Packet) {
	text, attachments, err := encode(p)
	if err != nil {
		t.Fatalf("%+v: %v", p, err)
	}
	var d Decoder
	q, whole, err := d.Text(text)
	for _, a := range attachments {
		if err == nil && !whole {
			q, whole, err = d.Binary(a)
		}
	}
	if err != nil || !whole {
		t.Fatalf("%q: %v", text, err)
	}
	if p.Type != q.Type || p.Namespace != q.Namespace || p.Event != q.Event || p.ID != q.ID || len(p.Args) != len(q.Args) || !bytes.Equal(p.Data, q.Data) {
		t.Fatalf("%+v became %+v", p, q)
	}
	for i := range p.Args {
		a, errA := Value{p.Args[i], p.Attachments}.Inline()
		b, errB := Value{q.Args[i], q.Attachments}.Inline()
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Fatalf("argument %d: %q became %q", i, a, b)
		}
	}
}

// FuzzElements compares the splitter with encoding/json.
func FuzzElements(f *testing.F) {
	for _, s := range []string{`[]`, `[1,"a,]",[2,{"x":[]}],{"a":"\\\""},null]`, ` [ 1 , 2 ] `, `[1`, `{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := elements(b)
		var want []json.RawMessage
		if jsonErr := json.Unmarshal(b, &want); jsonErr != nil || want == nil {
			if err == nil {
				t.Fatalf("%q: accepted", b)
			}
			return
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%q: %v, %d values, want %d", b, err, len(got), len(want))
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("%q: value %d is %q, want %q", b, i, got[i], want[i])
			}
		}
	})
}
