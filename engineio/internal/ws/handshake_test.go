package ws

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHandshake(t *testing.T) {
	request := func(header ...string) *http.Request {
		r, err := http.NewRequest("GET", "/", nil)
		require.NoError(t, err)
		r.Header = http.Header{"Connection": {"keep-alive, UPGRADE"}, "Upgrade": {"WebSocket"},
			"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return r
	}
	t.Run("EIO-12 requests", func(t *testing.T) {
		require.True(t, IsUpgrade(request()))
		require.True(t, Valid(request()))
		require.False(t, IsUpgrade(request("Upgrade", "websockets")))
		require.False(t, IsUpgrade(request("Connection", "keep-alive")))
		require.False(t, Valid(request("Sec-WebSocket-Version", "8")))
		require.False(t, Valid(request("Sec-WebSocket-Key", "dG9vIHNob3J0")))
		post := request()
		post.Method = "POST"
		require.False(t, IsUpgrade(post))
	})
	t.Run("EIO-12 the answer", func(t *testing.T) {
		b := AppendResponse(nil, request(), "permessage-deflate", http.Header{"Set-Cookie": {"a=b", "c=d"}})
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), request())
		require.NoError(t, err)
		require.Equal(t, 101, resp.StatusCode)
		require.Equal(t, http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Set-Cookie": {"a=b", "c=d"},
			"Sec-Websocket-Accept": {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, "Sec-Websocket-Extensions": {"permessage-deflate"}}, resp.Header)
	})
}
