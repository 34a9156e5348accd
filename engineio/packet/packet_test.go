package packet

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// decodeAll decodes a payload whole.
func decodeAll(payload []byte) (all []Packet, err error) {
	if err := CheckPayload(payload); err != nil {
		return nil, err
	}
	for more := true; more; {
		var p Packet
		if p, payload, more, err = Next(payload); err != nil {
			return all, err
		}
		all = append(all, p)
	}
	return all, nil
}

func TestDecode(t *testing.T) {
	t.Run("EIO-20 packets", func(t *testing.T) {
		for in, want := range map[string]Packet{
			"0{}": {Type: Open, Data: []byte("{}")}, "1": {Type: Close, Data: []byte{}}, "2probe": {Type: Ping, Data: []byte(Probe)},
			"3": {Type: Pong, Data: []byte{}}, "4é": {Type: Message, Data: []byte("é")}, "5": {Type: Upgrade, Data: []byte{}}, "6": {Type: Noop, Data: []byte{}},
		} {
			p, err := Decode([]byte(in))
			require.NoError(t, err)
			require.Equal(t, want, p)
			require.Equal(t, in, string(Append(nil, p)))
		}
	})
	t.Run("EIO-26 no packets", func(t *testing.T) {
		for in, want := range map[string]error{"": ErrEmpty, "abc": ErrType, "7": ErrType, "/": ErrType, "b": ErrType} {
			_, err := Decode([]byte(in))
			require.ErrorIs(t, err, want, in)
		}
	})
	t.Run("EIO-20 payloads", func(t *testing.T) {
		packets := []Packet{{Type: Message, Data: []byte("a")}, {Type: Message, Binary: true, Data: []byte{1, 2, 3, 4}}, {Type: Pong, Data: []byte{}}}
		payload := AppendPayload(nil, packets...)
		require.Equal(t, "4a\x1ebAQIDBA==\x1e3", string(payload))
		got, err := decodeAll(payload)
		require.NoError(t, err)
		require.Equal(t, packets, got)
	})
	t.Run("EIO-26 no payloads", func(t *testing.T) {
		for in, want := range map[string]error{
			"": ErrEmpty, "4a\x1e": ErrEmpty, "\x1e4a": ErrEmpty, "4a\x1ex": ErrType, "bAQ": ErrBase64, "b*": ErrBase64, "4\xff": ErrUTF8,
		} {
			_, err := decodeAll([]byte(in))
			require.ErrorIs(t, err, want, "%q", in)
		}
	})
}

func TestOpen(t *testing.T) {
	t.Run("EIO-1 the handshake", func(t *testing.T) {
		h := Handshake{SID: "abc-_123", Upgrades: []string{"websocket", "other"}, PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, MaxPayload: 1e6}
		b := AppendOpen(nil, h)
		require.Equal(t, `0{"sid":"abc-_123","upgrades":["websocket","other"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`, string(b))
		require.True(t, json.Valid(b[1:]))
		require.Contains(t, string(AppendOpen(nil, Handshake{})), `"upgrades":[]`)
	})
}
