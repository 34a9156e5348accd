package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

// conn is one client. It keeps no buffer while nothing is half read.
type conn struct {
	fd     int
	id     int
	state  connState
	rest   []byte // bytes of a message that isn't whole yet
	out    []byte // what the kernel didn't take yet
	queued bool   // in the loop's dirty list
}

type connState uint8

const (
	dialing connState = iota
	upgrading
	greeting // the WebSocket is open
	ready    // CONNECT has been answered
	gone
)

// loop is the load generator: one thread, epoll, no goroutine a connection, so
// that it costs less than any server that it measures.
type loop struct {
	ep      int
	dialect dialect
	addr    syscall.SockaddrInet4
	source  [4]byte // local address
	host    string
	eager   []byte // sent together with the upgrade request

	conns  []*conn
	events []syscall.EpollEvent
	buf    []byte
	dirty  []*conn

	// What the work at hand wants to know; never nil.
	onReady   func(c *conn)
	onAck     func(c *conn, id int)
	onDeliver func(c *conn, n int)
	onGone    func(c *conn, err error)
}

func newLoop(addr string, d dialect) (*loop, error) {
	ep, err := syscall.EpollCreate1(0)
	if err != nil {
		return nil, err
	}
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	l := &loop{
		ep: ep, dialect: d, host: addr,
		addr:   syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()},
		source: [4]byte{127, 0, 0, 1},
		events: make([]syscall.EpollEvent, 1024),
		buf:    make([]byte, 256<<10),
	}
	l.idle()
	return l, nil
}

// idle sets what is done when no work is at hand.
func (l *loop) idle() {
	l.onReady = func(*conn) {}
	l.onAck = func(*conn, int) {}
	l.onDeliver = func(*conn, int) {}
	l.onGone = func(c *conn, err error) { panic(fmt.Sprintf("connection %d lost: %v", c.id, err)) }
}

func (l *loop) close() {
	for _, c := range l.conns {
		l.drop(c)
	}
	syscall.Close(l.ep)
}

func (l *loop) drop(c *conn) {
	if c.state != gone {
		c.state = gone
		syscall.Close(c.fd)
	}
}

// dial starts a connection; onReady tells when it may be used.
func (l *loop) dial() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	if l.source != [4]byte{127, 0, 0, 1} {
		if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: l.source}); err != nil {
			return err
		}
	}
	if err := syscall.Connect(fd, &l.addr); err != nil && err != syscall.EINPROGRESS {
		return err
	}
	c := &conn{fd: fd, id: len(l.conns)}
	l.conns = append(l.conns, c)
	return syscall.EpollCtl(l.ep, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLOUT | syscall.EPOLLIN, Fd: int32(c.id)})
}

// interest says what c waits for.
func (l *loop) interest(c *conn, events uint32) {
	syscall.EpollCtl(l.ep, syscall.EPOLL_CTL_MOD, c.fd, &syscall.EpollEvent{Events: events, Fd: int32(c.id)})
}

// turn serves what is ready, waiting up to the given milliseconds (-1: as long
// as it takes), then writes what was said meanwhile, joined per connection.
func (l *loop) turn(wait int) {
	n, err := syscall.EpollWait(l.ep, l.events, wait)
	if err != nil {
		n = 0 // interrupted
	}
	for _, e := range l.events[:n] {
		l.serve(l.conns[e.Fd], e.Events)
	}
	l.flush()
}

// until runs until done says so; it fails when nothing happens for long.
func (l *loop) until(what string, done func() bool) error {
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		l.turn(100)
		if time.Now().After(deadline) {
			return errors.New("nothing comes any more while " + what)
		}
	}
	return nil
}

func (l *loop) serve(c *conn, events uint32) {
	if c.state == gone {
		return
	}
	if events&syscall.EPOLLOUT != 0 {
		if c.state == dialing {
			c.state = upgrading
			c.out = append(append(c.out, l.dialect.upgrade(l.host)...), l.eager...)
		}
		l.interest(c, syscall.EPOLLIN)
		l.write(c)
	}
	if events&(syscall.EPOLLIN|syscall.EPOLLHUP|syscall.EPOLLERR) == 0 {
		return
	}
	have := copy(l.buf, c.rest)
	n, err := syscall.Read(c.fd, l.buf[have:])
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return
	case err == nil && n == 0:
		err = errors.New("end of file")
	}
	if err != nil {
		l.drop(c)
		l.onGone(c, err)
		return
	}
	b := l.buf[:have+n]
	if c.state == upgrading {
		b = l.upgraded(c, b)
	}
	if c.state != upgrading {
		b = l.frames(c, b)
	}
	c.rest = append(c.rest[:0], b...)
	if len(c.rest) == 0 {
		c.rest = nil
	}
}

// say queues a text message for c; it is written at the end of the turn.
func (l *loop) say(c *conn, text []byte) {
	c.out = appendFrame(c.out, text)
	if !c.queued {
		c.queued = true
		l.dirty = append(l.dirty, c)
	}
}

func (l *loop) flush() {
	for _, c := range l.dirty {
		c.queued = false
		l.write(c)
	}
	l.dirty = l.dirty[:0]
}

func (l *loop) write(c *conn) {
	if len(c.out) == 0 || c.state == gone {
		return
	}
	n, err := syscall.Write(c.fd, c.out)
	if err != nil && err != syscall.EAGAIN {
		l.drop(c)
		l.onGone(c, err)
		return
	}
	c.out = c.out[:copy(c.out, c.out[max(n, 0):])]
	if len(c.out) > 0 {
		l.interest(c, syscall.EPOLLIN|syscall.EPOLLOUT)
	} else if cap(c.out) > 4096 || len(l.conns) > 1000 {
		c.out = nil
	}
}

// appendFrame appends a client's text frame. Its key is zero, which costs the
// server as much as any other.
func appendFrame(dst, text []byte) []byte {
	dst = append(dst, 0x81)
	switch n := len(text); {
	case n <= 125:
		dst = append(dst, 0x80|byte(n))
	case n <= 0xFFFF:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	return append(append(dst, 0, 0, 0, 0), text...)
}

// frames hands the whole messages in b to the dialect and returns the rest.
func (l *loop) frames(c *conn, b []byte) []byte {
	for len(b) >= 2 {
		head, n := 2, int(b[1])
		switch {
		case n == 126 && len(b) >= 4:
			head, n = 4, int(binary.BigEndian.Uint16(b[2:]))
		case n == 127 && len(b) >= 10:
			head, n = 10, int(binary.BigEndian.Uint64(b[2:]))
		case n >= 126:
			return b
		}
		if len(b) < head+n {
			return b
		}
		switch b[0] & 0x0F {
		case 1:
			l.dialect.message(l, c, b[head:head+n])
		case 9: // ping
			l.say(c, nil)
		case 8:
			l.drop(c)
			l.onGone(c, fmt.Errorf("close frame %x", b[head:head+n]))
			return nil
		}
		b = b[head+n:]
	}
	return b
}

// opened makes c ready for use.
func (l *loop) opened(c *conn) {
	c.state = ready
	l.onReady(c)
}
