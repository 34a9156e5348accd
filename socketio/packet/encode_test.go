package packet

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// encode writes a decoded packet again.
func encode(p Packet) ([]byte, [][]byte, error) {
	args := make([]any, len(p.Args))
	for i, a := range p.Args {
		args[i] = Value{JSON: a, Attachments: p.Attachments}
	}
	switch p.Type {
	case Disconnect:
		return AppendDisconnect(nil, p.Namespace), nil, nil
	case Event:
		return AppendEvent(nil, p.Namespace, p.ID, p.HasID, p.Event, args)
	case Ack:
		return AppendAck(nil, p.Namespace, p.ID, args)
	default:
		return AppendConnect(nil, p.Type, p.Namespace, p.Data), nil, nil
	}
}

func TestEncodeExamples(t *testing.T) {
	for _, e := range examples {
		t.Run("SIO-1 "+e.wire, func(t *testing.T) {
			text, attachments, err := encode(e.packet)
			require.NoError(t, err)
			require.Equal(t, e.wire, string(text))
			require.Equal(t, e.packet.Attachments, attachments)
		})
	}
}

func TestEncodeArguments(t *testing.T) {
	type body struct {
		A string `json:"a"`
		B []byte `json:"b"`
	}
	for _, c := range []struct {
		name        string
		args        []any
		want        string
		attachments [][]byte
	}{
		{"SIO-7 plain values", []any{nil, true, 1, -2.5, "x<&>\u2028\n\"é", []int{1}}, `2["e",null,true,1,-2.5,"x<&>\u2028\n\"é",[1]]`, nil},
		{"SIO-7 a struct", []any{body{"<", []byte{1}}}, `2["e",{"a":"<","b":"AQ=="}]`, nil},
		{"SIO-7 binary", []any{[]byte{1}, "x", []byte{2}}, `52-["e",{"_placeholder":true,"num":0},"x",{"_placeholder":true,"num":1}]`, [][]byte{{1}, {2}}},
		{"SIO-7 binary in a tree", []any{map[string]any{"z": []any{1, []byte{3}}, "a": []byte{2}}}, `52-["e",{"a":{"_placeholder":true,"num":0},"z":[1,{"_placeholder":true,"num":1}]}]`, [][]byte{{2}, {3}}},
		{"SIO-7 an empty tree", []any{map[string]any{}, []any{}}, `2["e",{},[]]`, nil},
		{"SIO-8 raw JSON, untouched", []any{raw(`{ "a" : 1.0e2 }`), json.RawMessage(nil)}, `2["e",{ "a" : 1.0e2 },null]`, nil},
		{"SIO-7 values passed on, numbered anew", []any{[]byte{9}, Value{raw(`{"x":{"num":1,"_placeholder":true}}`), blobs(2)}, Value{JSON: raw(`5`)}},
			`52-["e",{"_placeholder":true,"num":0},{"x":{"_placeholder":true,"num":1}},5]`, [][]byte{{9}, {1, 1, 2}}},
		{"SIO-7 a value in a tree", []any{[]any{Value{raw(`[{"_placeholder":true,"num":0}]`), blobs(1)}, Value{JSON: raw(`1`)}}}, `51-["e",[[{"_placeholder":true,"num":0}],1]]`, blobs(1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, attachments, err := AppendEvent(nil, "/", 0, false, "e", c.args)
			require.NoError(t, err)
			require.Equal(t, c.want, string(text))
			require.Equal(t, c.attachments, attachments)
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, arg := range []any{make(chan int), []any{make(chan int), []byte{1}}, map[string]any{"a": Value{raw(`{"_placeholder":true,"num":3}`), blobs(1)}}} {
		_, _, err := AppendEvent(nil, "/", 0, false, "e", []any{arg})
		require.Error(t, err)
	}
	t.Run("SIO-3 reserved names", func(t *testing.T) {
		_, _, err := AppendEvent(nil, "/", 0, false, "disconnect", nil)
		require.Error(t, err)
	})
}

func TestInline(t *testing.T) {
	v := Value{raw(`{"a":{"_placeholder":true,"num":1},"b":[ {"num":0,"_placeholder":true} ]}`), [][]byte{{1}, {2, 3}}}
	got, err := v.Inline()
	require.NoError(t, err)
	require.Equal(t, `{"a":"AgM=","b":[ "AQ==" ]}`, string(got))

	var into struct{ A, B []byte }
	v.JSON = raw(`{"a":{"_placeholder":true,"num":1}}`)
	got, err = v.Inline()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(got, &into))
	require.Equal(t, []byte{2, 3}, into.A)
}
