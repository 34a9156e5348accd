package packet_test

import (
	"encoding/json"
	"testing"

	"github.com/agentportal/portal/socketio/packet"
	"github.com/stretchr/testify/require"
)

func TestMember(t *testing.T) {
	for _, row := range []struct{ name, value, member, want string }{
		{"SIO-49 a member as it stands", ` { "a" : 1, "b" : {"c":[1, "}"]} , "d":null}`, "b", `{"c":[1, "}"]}`},
		{"SIO-49 the first", `{"a":"x\"}y","b":2}`, "a", `"x\"}y"`},
		{"SIO-49 the last", `{"a":1,"b":-2.5e3}`, "b", `-2.5e3`},
		{"SIO-49 of several the last counts", `{"a":1,"b":2,"a":3}`, "a", `3`},
		{"SIO-49 a name with escapes", `{"\u0061\u00e9":true}`, "aé", `true`},
		{"SIO-49 a name like a value", `{"b":"a","c":1}`, "a", ``},
		{"SIO-49 only of the object itself", `{"b":{"a":1}}`, "a", ``},
		{"SIO-49 the empty name", `{"":7}`, "", `7`},
		{"SIO-49 what is no UTF-8 is U+FFFD", "{\"\xff\":1}", "\uFFFD", `1`},
		{"SIO-49 and nothing else", "{\"\xff\":1}", "\xff", ``},
		{"SIO-49 none", `{}`, "a", ``},
		{"SIO-49 no object", `["a",1]`, "a", ``},
		{"SIO-49 text", `"a"`, "a", ``},
		{"SIO-49 nothing", ``, "a", ``},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, row.want, string(packet.Member(json.RawMessage(row.value), row.member)))
		})
	}
}

func TestText(t *testing.T) {
	for value, want := range map[string]string{`"a\u00e9\"b"`: "aé\"b", `""`: "", "\"\xff\"": "\uFFFD"} {
		got, ok := packet.Value{JSON: json.RawMessage(value)}.Text()
		require.True(t, ok, "SIO-49 %s", value)
		require.Equal(t, want, got)
	}
	for _, value := range []string{``, `null`, `1`, `{"a":"b"}`} {
		_, ok := packet.Value{JSON: json.RawMessage(value)}.Text()
		require.False(t, ok, "SIO-49 %s", value)
	}
}

// FuzzMember holds Member to what encoding/json finds.
func FuzzMember(f *testing.F) {
	f.Add(`{"a":1,"b":[{"a":2}]}`, "a")
	f.Add(`{"\u0061":"\\\""}`, "a")
	f.Fuzz(func(t *testing.T, value, name string) {
		if !json.Valid([]byte(value)) {
			return
		}
		got := packet.Member(json.RawMessage(value), name)
		var all map[string]json.RawMessage
		if json.Unmarshal([]byte(value), &all) != nil {
			require.Nil(t, got)
			return
		}
		require.Equal(t, string(all[name]), string(got))
	})
}
