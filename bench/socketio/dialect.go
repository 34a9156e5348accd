package main

import (
	"bytes"
	"strconv"
)

// dialect is what a server speaks over the WebSocket.
type dialect interface {
	upgrade(host string) []byte
	// message takes a message and tells the loop what it means.
	message(l *loop, c *conn, b []byte)
	// greet is called when the WebSocket is open.
	greet(l *loop, c *conn)

	join(id int, room string) []byte
	emit(id int, room string, payload []byte) []byte
	echo(id int, payload []byte) []byte
}

// upgraded reads the answer to the upgrade request.
func (l *loop) upgraded(c *conn, b []byte) []byte {
	head, rest, whole := bytes.Cut(b, []byte("\r\n\r\n"))
	if !whole {
		return b
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
		panic("no upgrade: " + string(head))
	}
	c.state = greeting
	l.dialect.greet(l, c)
	return rest
}

func upgrade(host, path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
}

// number reads the digits at the start of b.
func number(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// stamp starts every payload and is followed by the broadcast's number.
var stamp = []byte(`{"n":`)

func stamped(l *loop, c *conn, b []byte) {
	if i := bytes.Index(b, stamp); i >= 0 {
		l.onDeliver(c, number(b[i+len(stamp):]))
	}
}

// socketIO is Socket.IO 5 over Engine.IO 4.
type socketIO struct{}

func (socketIO) upgrade(host string) []byte {
	return upgrade(host, "/socket.io/?EIO=4&transport=websocket")
}

func (socketIO) greet(*loop, *conn) {}

func (socketIO) message(l *loop, c *conn, b []byte) {
	switch {
	case len(b) == 0:
	case b[0] == '2':
		l.say(c, []byte("3"))
	case b[0] == '0':
		if len(l.eager) == 0 {
			l.say(c, []byte("40"))
		}
	case len(b) < 2:
	case b[1] == '0':
		l.opened(c)
	case b[1] == '3':
		l.onAck(c, number(b[2:]))
	case bytes.HasPrefix(b, []byte(`42["message:new",`)):
		stamped(l, c, b[17:])
	}
}

func (socketIO) join(id int, room string) []byte {
	return append(strconv.AppendInt([]byte("42"), int64(id), 10), `["join","`+room+`"]`...)
}

func (socketIO) emit(id int, room string, payload []byte) []byte {
	b := strconv.AppendInt(append(make([]byte, 0, 64+len(payload)), "42"...), int64(id), 10)
	b = append(b, `["bench:emit",{"room":"`+room+`","payload":`...)
	return append(append(b, payload...), "}]"...)
}

func (socketIO) echo(id int, payload []byte) []byte {
	b := append(strconv.AppendInt([]byte("42"), int64(id), 10), `["echo",`...)
	return append(append(b, payload...), ']')
}

// centrifuge is Centrifuge's own JSON protocol.
type centrifuge struct{}

func (centrifuge) upgrade(host string) []byte { return upgrade(host, "/connection/websocket") }

func (centrifuge) greet(l *loop, c *conn) { l.say(c, []byte(`{"id":1,"connect":{}}`)) }

func (centrifuge) message(l *loop, c *conn, b []byte) {
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		switch {
		case len(line) <= 2:
			l.say(c, []byte("{}")) // a ping
		case bytes.HasPrefix(line, []byte(`{"push":`)):
			stamped(l, c, line)
		case c.state != ready:
			l.opened(c)
		case bytes.HasPrefix(line, []byte(`{"id":`)):
			l.onAck(c, number(line[6:]))
		}
	}
}

func (centrifuge) command(id int, rest string) []byte {
	return []byte(`{"id":` + strconv.Itoa(id) + `,` + rest + `}`)
}

func (d centrifuge) join(id int, room string) []byte {
	return d.command(id, `"subscribe":{"channel":"`+room+`"}`)
}

func (d centrifuge) emit(id int, room string, payload []byte) []byte {
	return d.command(id, `"rpc":{"method":"bench:emit","data":{"room":"`+room+`","payload":`+string(payload)+`}}`)
}

func (d centrifuge) echo(id int, payload []byte) []byte {
	return d.command(id, `"rpc":{"method":"echo","data":`+string(payload)+`}`)
}
