package ws

import (
	"errors"
	"net/http"
	"strings"
)

// errExtensions is a Sec-WebSocket-Extensions header that breaks its grammar.
var errExtensions = errors.New("websocket: malformed Sec-WebSocket-Extensions")

// The parameters of permessage-deflate, RFC 7692 section 7.1.
const (
	deflateName      = "permessage-deflate"
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverWindowBits = "server_max_window_bits"
	clientWindowBits = "client_max_window_bits"
)

// offer is an extension that a client offers, with its parameters.
type offer struct {
	name   string
	params []param
}

type param struct {
	name, value string
	valued      bool
}

// NegotiateDeflate returns what to answer to a client's offers: the first of
// permessage-deflate that can be kept, or nothing. Header lines that aren't of
// the grammar of RFC 6455 section 9.1 are an error.
func NegotiateDeflate(h http.Header) (string, error) {
	lines := h["Sec-Websocket-Extensions"]
	if len(lines) == 0 {
		return "", nil
	}
	offers, err := parseOffers(strings.Join(lines, ","))
	if err != nil {
		return "", err
	}
	for _, o := range offers {
		if answer, ok := o.accept(); ok {
			return answer, nil
		}
	}
	return "", nil
}

// accept answers an offer, or declines it as RFC 7692 section 7.1 wants it:
// for what it doesn't define, for what stands twice, for invalid values, and
// for a window that compress/flate can't keep to. A limit of the client's own
// window needs no answer: every window can be read.
func (o offer) accept() (answer string, ok bool) {
	if o.name != deflateName {
		return "", false
	}
	answer = deflateName + "; " + serverNoTakeover + "; " + clientNoTakeover
	seen := map[string]bool{}
	for _, p := range o.params {
		if seen[p.name] {
			return "", false
		}
		seen[p.name] = true
		switch p.name {
		case serverNoTakeover, clientNoTakeover:
			ok = !p.valued
		case clientWindowBits:
			ok = !p.valued || windowBits(p.value)
		case serverWindowBits:
			ok = p.value == "15"
			answer += "; " + serverWindowBits + "=15"
		default:
			ok = false
		}
		if !ok {
			return "", false
		}
	}
	return answer, true
}

// windowBits says whether a value is a number from 8 to 15 without leading
// zeros, sections 7.1.2.1 and 7.1.2.2.
func windowBits(v string) bool {
	return v == "8" || v == "9" || len(v) == 2 && v[0] == '1' && v[1] >= '0' && v[1] <= '5'
}

// parseOffers reads a header by the grammar of RFC 6455 section 9.1. Empty
// elements are skipped, as everywhere in HTTP's lists.
func parseOffers(s string) ([]offer, error) {
	var offers []offer
	l := lexer{rest: s}
	for {
		l.space()
		switch {
		case l.rest == "":
			return offers, nil
		case l.take(','):
			continue
		}
		o := offer{name: l.token()}
		for l.space(); l.take(';'); l.space() {
			l.space()
			o.params = append(o.params, l.param())
		}
		if l.bad || l.rest != "" && !l.take(',') {
			return nil, errExtensions
		}
		offers = append(offers, o)
	}
}

// lexer reads a header piece by piece. Once bad, it stays so.
type lexer struct {
	rest string
	bad  bool
}

func (l *lexer) space() { l.rest = strings.TrimLeft(l.rest, " \t") }

func (l *lexer) take(c byte) bool {
	if l.rest == "" || l.rest[0] != c {
		return false
	}
	l.rest = l.rest[1:]
	return true
}

func (l *lexer) token() string {
	n := 0
	for n < len(l.rest) && isToken(l.rest[n]) {
		n++
	}
	t := l.rest[:n]
	l.rest = l.rest[n:]
	l.bad = l.bad || n == 0
	return t
}

func (l *lexer) param() param {
	p := param{name: l.token()}
	l.space()
	if !l.take('=') {
		return p
	}
	l.space()
	p.valued = true
	if l.take('"') {
		p.value = l.quoted()
	} else {
		p.value = l.token()
	}
	return p
}

// quoted reads on after the opening quote. Unescaped, the value must be a
// token too.
func (l *lexer) quoted() string {
	var b []byte
	for l.rest != "" && !l.bad {
		c := l.rest[0]
		l.rest = l.rest[1:]
		if c == '"' {
			l.bad = len(b) == 0
			return string(b)
		}
		if c == '\\' && l.rest != "" {
			c = l.rest[0]
			l.rest = l.rest[1:]
		}
		l.bad = !isToken(c)
		b = append(b, c)
	}
	l.bad = true
	return ""
}

// isToken says whether c may stand in a token, RFC 9110 section 5.6.2.
func isToken(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}
