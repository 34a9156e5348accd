package packet

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// examples are those of the specification ("Packet encoding"), and a few more.
var examples = []struct {
	wire   string
	packet Packet
}{
	{`0`, Packet{Type: Connect, Namespace: "/"}},
	{`0{"sid":"wZX3oN0bSVIhsaknAAAI"}`, Packet{Type: Connect, Namespace: "/", Data: raw(`{"sid":"wZX3oN0bSVIhsaknAAAI"}`)}},
	{`0/admin,`, Packet{Type: Connect, Namespace: "/admin"}},
	{`0/admin,{"token":"123"}`, Packet{Type: Connect, Namespace: "/admin", Data: raw(`{"token":"123"}`)}},
	{`4{"message":"Not authorized"}`, Packet{Type: ConnectError, Namespace: "/", Data: raw(`{"message":"Not authorized"}`)}},
	{`1`, Packet{Type: Disconnect, Namespace: "/"}},
	{`1/admin,`, Packet{Type: Disconnect, Namespace: "/admin"}},
	{`2["foo"]`, Packet{Type: Event, Namespace: "/", Event: "foo"}},
	{`2/admin,["bar"]`, Packet{Type: Event, Namespace: "/admin", Event: "bar"}},
	{`212["foo"]`, Packet{Type: Event, Namespace: "/", Event: "foo", ID: 12, HasID: true}},
	{`2/admin,13["foo",{"a":[1,"]"]},null]`, Packet{Type: Event, Namespace: "/admin", Event: "foo", ID: 13, HasID: true, Args: raws(`{"a":[1,"]"]}`, `null`)}},
	{`312[]`, Packet{Type: Ack, Namespace: "/", ID: 12, HasID: true}},
	{`3/admin,13["bar"]`, Packet{Type: Ack, Namespace: "/admin", ID: 13, HasID: true, Args: raws(`"bar"`)}},
	{`51-["baz",{"_placeholder":true,"num":0}]`, Packet{Type: Event, Namespace: "/", Event: "baz", Args: raws(`{"_placeholder":true,"num":0}`), Attachments: blobs(1)}},
	{`52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, Packet{Type: Event, Namespace: "/admin", Event: "baz",
		Args: raws(`{"_placeholder":true,"num":0}`, `{"_placeholder":true,"num":1}`), Attachments: blobs(2)}},
	{`61-15["bar",{"_placeholder":true,"num":0}]`, Packet{Type: Ack, Namespace: "/", ID: 15, HasID: true,
		Args: raws(`"bar"`, `{"_placeholder":true,"num":0}`), Attachments: blobs(1)}},
}

func raw(s string) json.RawMessage { return json.RawMessage(s) }

func raws(values ...string) []json.RawMessage {
	var out []json.RawMessage
	for _, v := range values {
		out = append(out, raw(v))
	}
	return out
}

// blobs are n attachments, told apart by their content.
func blobs(n int) [][]byte {
	var out [][]byte
	for i := range n {
		out = append(out, []byte{byte(i), 1, 2})
	}
	return out
}

// decode decodes a text message and its attachments.
func decode(wire string, attachments [][]byte) (Packet, bool, error) {
	var d Decoder
	p, whole, err := d.Text([]byte(wire))
	for _, a := range attachments {
		if err != nil || whole {
			break
		}
		p, whole, err = d.Binary(a)
	}
	return p, whole, err
}

func TestDecodeExamples(t *testing.T) {
	for _, e := range examples {
		t.Run("SIO-1 "+e.wire, func(t *testing.T) {
			p, whole, err := decode(e.wire, e.packet.Attachments)
			require.NoError(t, err)
			require.True(t, whole)
			require.Equal(t, e.packet, p)
		})
	}
}

func TestDecodeTolerates(t *testing.T) {
	t.Run("SIO-1 a namespace without its comma at the end", func(t *testing.T) {
		p, _, err := decode(`0/custom`, nil)
		require.NoError(t, err)
		require.Equal(t, Packet{Type: Connect, Namespace: "/custom"}, p)
	})
	t.Run("SIO-1 white space, escapes and numbers as names", func(t *testing.T) {
		p, _, err := decode("2 [ \"a\\u0062\" ,\t1 , { \"x\" : [ ] } ]\n", nil)
		require.NoError(t, err)
		require.Equal(t, Packet{Type: Event, Namespace: "/", Event: "ab", Args: raws("1", `{ "x" : [ ] }`)}, p)
		p, _, err = decode("2[-1.5,2]", nil)
		require.NoError(t, err)
		require.Equal(t, "-1.5", p.Event)
	})
}

func TestDecodeRefuses(t *testing.T) {
	for rule, wires := range map[string][]string{
		"SIO-2 type":       {``, `7`, `9["a"]`, `abc`, `-1`, ` 2["a"]`},
		"SIO-2 JSON":       {`2["a"`, `2["a",]`, `2["a"]]`, `2["a"] x`, `0{`, `312[`, `2[01]`, "2[\"\x01\"]"},
		"SIO-2 connect":    {`0[]`, `0null`, `0"a"`, `01`, `4[]`, `0/a,1`},
		"SIO-2 disconnect": {`1{}`, `1/a,[]`, `1 `},
		"SIO-2 event":      {`2`, `2[]`, `2{}`, `2"a"`, `2null`, `2[null]`, `2[{}]`, `2[["a"]]`, `2[true]`, `212`, `2[1e999]`},
		"SIO-2 ack":        {`3`, `3[]`, `31`, `31{}`, `31"a"`, `3/a,[]`},
		"SIO-2 ack id":     {`299999999999999999["a"]`, `2-1["a"]`, `21.5["a"]`},
		"SIO-3 reserved":   {`2["connect"]`, `2["connect_error"]`, `2["disconnect"]`, `2["disconnecting"]`, `2["newListener"]`, `2["removeListener"]`, `2["\u0063onnect"]`},
		"SIO-4 number":     {`5["a"]`, `5-["a"]`, `50-["a"]`, `5-1-["a"]`, `5x-["a"]`, `51.5-["a"]`, `51`, `511-["a"]`, `59999999999999999999-["a"]`, `611-1[]`},
		"SIO-5 placeholder": {`51-["a",{"_placeholder":true,"num":1}]`, `51-["a",{"_placeholder":true,"num":-1}]`, `51-["a",{"_placeholder":true}]`,
			`51-["a",{"_placeholder":true,"num":"0"}]`, `51-["a",{"_placeholder":true,"num":0.5}]`, `51-["a",{"\u005fplaceholder":true,"num":7}]`,
			`51-["a",[{"b":{"c":[{"num":3,"_placeholder":true}]}}]]`, `61-1[{"_placeholder":true,"num":1}]`,
			`51-["a",{"num":0,"num":9,"_placeholder":false,"_placeholder":true}]`, `51-["a",{"_placeholder":true,"num":1e400}]`},
		"SIO-5 one attachment twice":      {`51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`},
		"SIO-5 deeper than anyone writes": {`51-["a",` + strings.Repeat(`[`, 2000) + strings.Repeat(`]`, 2000) + `]`},
		"SIO-2 namespace":                 {`0/` + strings.Repeat("x", maxNamespace)},
	} {
		for _, wire := range wires {
			t.Run(fmt.Sprintf("%s %.40s", rule, wire), func(t *testing.T) {
				_, _, err := decode(wire, nil)
				require.Error(t, err)
			})
		}
	}
}

func TestDecodeAttachments(t *testing.T) {
	t.Run("SIO-4 ten at most, unless told otherwise", func(t *testing.T) {
		_, _, err := decode(`510-["a"]`, nil)
		require.NoError(t, err)
		d := Decoder{MaxAttachments: 11}
		_, _, err = d.Text([]byte(`511-["a"]`))
		require.NoError(t, err)
	})
	t.Run("SIO-5 what looks like a placeholder is data without attachments", func(t *testing.T) {
		p, whole, err := decode(`2["a",{"_placeholder":true,"num":5}]`, nil)
		require.NoError(t, err)
		require.True(t, whole)
		require.Equal(t, raws(`{"_placeholder":true,"num":5}`), p.Args)
	})
	t.Run("SIO-5 only true marks a placeholder", func(t *testing.T) {
		_, _, err := decode(`51-["a",{"_placeholder":"true","num":5},{"_placeholder":1}]`, blobs(1))
		require.NoError(t, err)
	})
	t.Run("SIO-6 text while attachments are due", func(t *testing.T) {
		var d Decoder
		_, whole, err := d.Text([]byte(`52-["a"]`))
		require.NoError(t, err)
		require.False(t, whole)
		_, whole, err = d.Binary([]byte{1})
		require.NoError(t, err)
		require.False(t, whole)
		_, _, err = d.Text([]byte(`2["a"]`))
		require.ErrorIs(t, err, ErrUnexpected)
	})
	t.Run("SIO-6 an attachment that nothing announced", func(t *testing.T) {
		var d Decoder
		_, _, err := d.Binary([]byte{1})
		require.ErrorIs(t, err, ErrUnexpected)
	})
	t.Run("SIO-6 one packet after another", func(t *testing.T) {
		var d Decoder
		for range 2 {
			_, _, err := d.Text([]byte(`51-["a",{"_placeholder":true,"num":0}]`))
			require.NoError(t, err)
			p, whole, err := d.Binary([]byte{7})
			require.NoError(t, err)
			require.True(t, whole)
			require.Equal(t, [][]byte{{7}}, p.Attachments)
		}
	})
}

func TestDecodeKeepsNothingOfTheMessage(t *testing.T) {
	msg := []byte(`2/n,5["name",{"a":1}]`)
	var d Decoder
	p, _, err := d.Text(msg)
	require.NoError(t, err)
	for i := range msg {
		msg[i] = 'x'
	}
	require.Equal(t, Packet{Type: Event, Namespace: "/n", ID: 5, HasID: true, Event: "name", Args: raws(`{"a":1}`)}, p)
}
