package rabbitmq

import (
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/agentportal/portal/internal/queue"
)

// dialError says in words why there is no connection, for an operator.
type dialError struct {
	text string
	err  error
}

// Error implements error.
func (e *dialError) Error() string { return e.text }

// Unwrap gives the cause.
func (e *dialError) Unwrap() error { return e.err }

// trouble puts the reasons that operators meet into words.
func trouble(err error) error {
	var network *net.OpError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &plain):
		return &dialError{"it doesn't speak TLS there, which amqps:// asks for: write amqp://, or the port for TLS", err}
	case hasCode(err, amqp.AccessRefused):
		return &dialError{"it refuses the user name or the password", err}
	case hasCode(err, amqp.NotAllowed):
		return &dialError{"it has no such virtual host, or the user has no access to it", err}
	case errors.As(err, &network) && network.Op == "dial":
		address := "its address"
		if network.Addr != nil {
			address = network.Addr.String()
		}
		return &dialError{"nothing answers at " + address + " (" + rootOf(network.Err) + ")", err}
	}
	return err
}

// rootOf is the text of the innermost error: "connection refused" rather than the system call that said so.
func rootOf(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}

// reasons joins what several connections say, each once; one that has only not begun says nothing beside others.
func reasons(errs ...error) string {
	var said []string
	for _, err := range errs {
		if err == nil {
			continue
		}
		text := strings.TrimPrefix(err.Error(), queue.ErrUnavailable.Error()+": ")
		if !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	if len(said) > 1 {
		said = slices.DeleteFunc(said, func(text string) bool { return text == errNotYet.Error() })
	}
	return strings.Join(said, "; ")
}
