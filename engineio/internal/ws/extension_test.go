package ws

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const plainAnswer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

func TestNegotiate(t *testing.T) {
	for _, tc := range []struct {
		name, offers, answer string
	}{
		{"EIO-82 as browsers and ws offer it", "permessage-deflate; client_max_window_bits", plainAnswer},
		{"EIO-82 bare", "permessage-deflate", plainAnswer},
		{"EIO-82 no context takeover asked for", "permessage-deflate;server_no_context_takeover ;\tclient_no_context_takeover", plainAnswer},
		{"EIO-82 nothing offered", "", ""},
		{"EIO-82 another extension", "x-webkit-deflate-frame, permessage-bzip2; q=\"1\"", ""},
		{"EIO-82 among others, empty elements between", ",, foo; bar=baz ,permessage-deflate, ,", plainAnswer},
		{"EIO-82 the second offer", "permessage-deflate; server_max_window_bits=10, permessage-deflate", plainAnswer},
		{"EIO-82 the first that can be kept", "permessage-deflate; server_max_window_bits=15, permessage-deflate", plainAnswer + "; server_max_window_bits=15"},
		{"EIO-83 the whole window", "permessage-deflate; server_max_window_bits=15", plainAnswer + "; server_max_window_bits=15"},
		{"EIO-83 the whole window, quoted", `permessage-deflate; server_max_window_bits="1\5"`, plainAnswer + "; server_max_window_bits=15"},
		{"EIO-83 a smaller window", "permessage-deflate; server_max_window_bits=14", ""},
		{"EIO-83 the smallest window", "permessage-deflate; server_max_window_bits=8", ""},
		{"EIO-83 a server's window without value", "permessage-deflate; server_max_window_bits", ""},
		{"EIO-83 no such window", "permessage-deflate; server_max_window_bits=16", ""},
		{"EIO-83 the client's smallest window", "permessage-deflate; client_max_window_bits=8", plainAnswer},
		{"EIO-83 the client's window", "permessage-deflate; client_max_window_bits=12", plainAnswer},
		{"EIO-83 the client's whole window", "permessage-deflate; client_max_window_bits=15", plainAnswer},
		{"EIO-83 the client's window too small", "permessage-deflate; client_max_window_bits=7", ""},
		{"EIO-83 the client's window too large", "permessage-deflate; client_max_window_bits=16", ""},
		{"EIO-83 a leading zero", "permessage-deflate; client_max_window_bits=08", ""},
		{"EIO-83 no number", "permessage-deflate; client_max_window_bits=1a", ""},
		{"EIO-83 no decimal", "permessage-deflate; client_max_window_bits=+9", ""},
		{"EIO-83 a value where none is", "permessage-deflate; server_no_context_takeover=1", ""},
		{"EIO-83 the client's likewise", "permessage-deflate; client_no_context_takeover=true", ""},
		{"EIO-83 twice", "permessage-deflate; client_max_window_bits; client_max_window_bits=10", ""},
		{"EIO-83 twice the same", "permessage-deflate; server_no_context_takeover; server_no_context_takeover", ""},
		{"EIO-83 unknown", "permessage-deflate; level=9", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := http.Header{}
			if tc.offers != "" {
				h.Set("Sec-WebSocket-Extensions", tc.offers)
			}
			answer, err := NegotiateDeflate(h)
			require.NoError(t, err)
			require.Equal(t, tc.answer, answer)
		})
	}
	t.Run("EIO-82 over several lines", func(t *testing.T) {
		answer, err := NegotiateDeflate(http.Header{"Sec-Websocket-Extensions": {"foo", "permessage-deflate"}})
		require.NoError(t, err)
		require.Equal(t, plainAnswer, answer)
	})
	for _, bad := range []string{";", "=", "a b", "permessage-deflate;", "permessage-deflate; =1", "permessage-deflate; a=", "a; b=c d",
		`a; b="`, `a; b=""`, `a; b="c d"`, `a; b="c\`, `a; b="c"d`, "a, permessage-deflate; client_max_window_bits=,", "é", "a;;b", "\x00"} {
		t.Run("EIO-84 malformed: "+bad, func(t *testing.T) {
			answer, err := NegotiateDeflate(http.Header{"Sec-Websocket-Extensions": {bad}})
			require.ErrorIs(t, err, errExtensions)
			require.Empty(t, answer)
		})
	}
}

// FuzzExtensions: whatever is offered, the answer is one of three, and none
// where permessage-deflate isn't named.
func FuzzExtensions(f *testing.F) {
	f.Add("permessage-deflate; client_max_window_bits")
	f.Add(`foo; a="b", permessage-deflate; server_max_window_bits=15`)
	f.Add(",;=\"\\")
	f.Fuzz(func(t *testing.T, offers string) {
		answer, err := NegotiateDeflate(http.Header{"Sec-Websocket-Extensions": {offers}})
		switch {
		case answer != "" && (err != nil || !strings.Contains(offers, deflateName)),
			answer != "" && answer != plainAnswer && answer != plainAnswer+"; server_max_window_bits=15":
			t.Fatalf("%q is answered %q, %v", offers, answer, err)
		}
	})
}
