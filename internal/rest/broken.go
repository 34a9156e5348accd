package rest

import (
	"errors"
	"io"
	"net"
)

// untilItBreaks is a body that may break off: the client went away, or its pieces have no lengths. It then ends with
// what no JSON has, and so is refused as the client's mistake, which the framework would take for one of ours. A body
// that only is too slow stays that.
type untilItBreaks struct{ io.ReadCloser }

// Read implements io.Reader.
func (b *untilItBreaks) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	var slow net.Error
	if err == nil || errors.Is(err, io.EOF) || errors.As(err, &slow) && slow.Timeout() {
		return n, err
	}
	if n == len(p) {
		return n, nil // the error comes again
	}
	p[n] = 0xff // in no UTF-8
	return n + 1, io.EOF
}
