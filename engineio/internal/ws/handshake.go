package ws

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strings"
)

// acceptGUID is appended to the client's key, RFC 6455 section 1.3.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// IsUpgrade says whether a request asks for a WebSocket, RFC 6455 section 4.2.1.
func IsUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet &&
		hasToken(r.Header, "Connection", "upgrade") &&
		hasToken(r.Header, "Upgrade", "websocket")
}

// Valid says whether a request for a WebSocket is of the one version there is
// and carries a proper key.
func Valid(r *http.Request) bool {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	return err == nil && len(key) == 16 && r.Header.Get("Sec-WebSocket-Version") == "13"
}

// AppendResponse appends the answer that opens a WebSocket, section 4.2.2.
// extensions may be empty; header holds further lines.
func AppendResponse(dst []byte, r *http.Request, extensions string, header http.Header) []byte {
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + acceptGUID))
	dst = base64.StdEncoding.AppendEncode(dst, sum[:])
	if extensions != "" {
		dst = append(append(dst, "\r\nSec-WebSocket-Extensions: "...), extensions...)
	}
	for name, values := range header {
		for _, v := range values {
			dst = append(append(append(append(dst, "\r\n"...), name...), ": "...), v...)
		}
	}
	return append(dst, "\r\n\r\n"...)
}

// hasToken says whether a comma-separated header holds a token, in any case.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h[http.CanonicalHeaderKey(name)] {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
