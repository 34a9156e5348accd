package packet

import (
	"strconv"
	"time"
)

// Handshake is the data of the Open packet.
type Handshake struct {
	SID          string // URL-safe characters only
	Upgrades     []string
	PingInterval time.Duration // sent in whole milliseconds
	PingTimeout  time.Duration // sent in whole milliseconds
	MaxPayload   int           // bytes
}

// AppendOpen appends the Open packet. Its JSON has exactly the keys sid,
// upgrades, pingInterval, pingTimeout and maxPayload.
func AppendOpen(dst []byte, h Handshake) []byte {
	dst = append(dst, byte(Open))
	dst = append(dst, `{"sid":`...)
	dst = strconv.AppendQuote(dst, h.SID)
	dst = append(dst, `,"upgrades":[`...)
	for i, u := range h.Upgrades {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendQuote(dst, u)
	}
	dst = append(dst, `],"pingInterval":`...)
	dst = strconv.AppendInt(dst, h.PingInterval.Milliseconds(), 10)
	dst = append(dst, `,"pingTimeout":`...)
	dst = strconv.AppendInt(dst, h.PingTimeout.Milliseconds(), 10)
	dst = append(dst, `,"maxPayload":`...)
	dst = strconv.AppendInt(dst, int64(h.MaxPayload), 10)
	return append(dst, '}')
}
