package packet

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
)

// Errors of a Decoder. Each means that the connection is to be closed.
var (
	ErrMalformed   = errors.New("packet: malformed")
	ErrAttachments = errors.New("packet: illegal or too many attachments")
	ErrPlaceholder = errors.New("packet: placeholder without attachment")
	ErrUnexpected  = errors.New("packet: text where an attachment is due, or the reverse")
)

// maxNamespace bounds a namespace's name, in bytes.
const maxNamespace = 1024

// Decoder puts packets together from messages. Its zero value is ready. After
// an error it must not be used again.
type Decoder struct {
	// MaxAttachments bounds the attachments of a packet; 0: DefaultMaxAttachments.
	MaxAttachments int

	waiting *Packet // has room for, but not yet, all its attachments
	want    int
}

// Text takes a text message, which is copied. It returns a packet, or false when
// attachments must follow first.
func (d *Decoder) Text(msg []byte) (Packet, bool, error) {
	if d.waiting != nil {
		return Packet{}, false, ErrUnexpected
	}
	p, want, err := d.header(msg)
	if err != nil {
		return Packet{}, false, err
	}
	if want == 0 {
		return p, true, nil
	}
	if err := checkPlaceholders(p.Args, want); err != nil {
		return Packet{}, false, err
	}
	waiting := p // apart, so that a packet without attachments needn't be on the heap
	d.waiting, d.want = &waiting, want
	return Packet{}, false, nil
}

// Binary takes a binary message, which the packet keeps. It returns the packet
// that it completes, or false when more must follow.
func (d *Decoder) Binary(msg []byte) (Packet, bool, error) {
	if d.waiting == nil {
		return Packet{}, false, ErrUnexpected
	}
	p := d.waiting
	p.Attachments = append(p.Attachments, msg)
	if len(p.Attachments) < d.want {
		return Packet{}, false, nil
	}
	d.waiting, d.want = nil, 0
	return *p, true, nil
}

// header reads a whole text message; want is the number of attachments to come.
func (d *Decoder) header(msg []byte) (p Packet, want int, err error) {
	if len(msg) == 0 || msg[0] < '0' || msg[0] > '6' {
		return p, 0, ErrMalformed
	}
	p.Type = Type(msg[0] - '0')
	rest := msg[1:]
	if p.Type == BinaryEvent || p.Type == BinaryAck {
		if want, rest, err = d.attachments(rest); err != nil {
			return p, 0, err
		}
		p.Type -= BinaryEvent - Event
	}
	if p.Namespace, rest, err = namespace(rest); err != nil {
		return p, 0, err
	}
	if p.ID, p.HasID, rest, err = ackID(rest); err != nil {
		return p, 0, err
	}
	return p, want, p.payload(bytes.Clone(rest))
}

// attachments reads "<n>-".
func (d *Decoder) attachments(b []byte) (int, []byte, error) {
	limit := d.MaxAttachments
	if limit <= 0 {
		limit = DefaultMaxAttachments
	}
	digits := countDigits(b)
	if digits == 0 || digits == len(b) || b[digits] != '-' {
		return 0, nil, ErrAttachments
	}
	n, err := strconv.Atoi(string(b[:digits]))
	if err != nil || n < 1 || n > limit {
		return 0, nil, ErrAttachments
	}
	return n, b[digits+1:], nil
}

// namespace reads "/name,"; the comma may be missing at the message's end.
func namespace(b []byte) (string, []byte, error) {
	if len(b) == 0 || b[0] != '/' {
		return "/", b, nil
	}
	name, rest, _ := bytes.Cut(b, []byte{','})
	if len(name) > maxNamespace {
		return "", nil, ErrMalformed
	}
	if len(name) == 1 {
		return "/", rest, nil
	}
	return string(name), rest, nil
}

// ackID reads the digits before the payload. JavaScript holds ids exactly only
// up to 2^53, so more is malformed.
func ackID(b []byte) (id uint64, has bool, rest []byte, err error) {
	n := countDigits(b)
	if n == 0 {
		return 0, false, b, nil
	}
	id, err = strconv.ParseUint(string(b[:n]), 10, 64)
	if err != nil || id > 1<<53 {
		return 0, false, nil, ErrMalformed
	}
	return id, true, b[n:], nil
}

func countDigits(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// payload checks and keeps what the packet's type may carry. b is the packet's own.
func (p *Packet) payload(b []byte) error {
	if p.HasID && p.Type != Event && p.Type != Ack {
		return ErrMalformed
	}
	switch p.Type {
	case Disconnect:
		if len(b) != 0 {
			return ErrMalformed
		}
		return nil
	case Connect, ConnectError:
		return p.object(b)
	case Event:
		return p.event(b)
	default:
		values, err := elements(b)
		p.Args = values
		if err == nil && !p.HasID {
			return ErrMalformed
		}
		return err
	}
}

// object reads the payload of Connect, which may be missing.
func (p *Packet) object(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	b = bytes.Trim(b, jsonSpace)
	if len(b) == 0 || b[0] != '{' || !json.Valid(b) {
		return ErrMalformed
	}
	p.Data = b
	return nil
}

// event reads ["name", …]. As with the reference parser, a number may name an
// event; its text is the name.
func (p *Packet) event(b []byte) error {
	values, err := elements(b)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return ErrMalformed
	}
	switch c := values[0][0]; {
	case c == '"':
		if p.Event, err = unquote(values[0]); err != nil || reserved(p.Event) {
			return ErrMalformed
		}
	case c == '-' || c >= '0' && c <= '9':
		f, err := strconv.ParseFloat(string(values[0]), 64)
		if err != nil || math.IsInf(f, 0) {
			return ErrMalformed
		}
		p.Event = string(values[0])
	default:
		return ErrMalformed
	}
	if len(values) > 1 {
		p.Args = values[1:]
	}
	return nil
}
