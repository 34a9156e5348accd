package engineio

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// RefuseError is an answer of AllowRequest that sets the HTTP status.
type RefuseError struct {
	Status     int           // 0: 403
	RetryAfter time.Duration // 0: no Retry-After header
	Message    string
}

func (e *RefuseError) Error() string {
	return fmt.Sprintf("engineio: refused with %d: %s", e.Status, e.Message)
}

// failure is an answer that isn't a success. Code and message are those of the
// protocol where it has any.
type failure struct {
	status     int
	code       int
	message    string
	retryAfter time.Duration
}

// The failures of the protocol, EIO-10.
var (
	failTransportName = &failure{status: http.StatusBadRequest, code: 0, message: "Transport unknown"}
	failSession       = &failure{status: http.StatusBadRequest, code: 1, message: "Session ID unknown"}
	failMethod        = &failure{status: http.StatusBadRequest, code: 2, message: "Bad handshake method"}
	failTransport     = &failure{status: http.StatusBadRequest, code: 3, message: "Bad request"}
	failForbidden     = &failure{status: http.StatusForbidden, code: 4, message: "Forbidden"}
	failVersion       = &failure{status: http.StatusBadRequest, code: 5, message: "Unsupported protocol version"}
	failDraining      = &failure{status: http.StatusServiceUnavailable, code: 3, message: "Shutting down", retryAfter: 2 * time.Second}
	failTooLarge      = &failure{status: http.StatusRequestEntityTooLarge, code: 3, message: "Payload too large"}
)

// refused is the failure that follows from AllowRequest's error.
func refused(err error) *failure {
	var refuse *RefuseError
	if !errors.As(err, &refuse) {
		return failForbidden
	}
	f := &failure{status: refuse.Status, code: failForbidden.code, message: refuse.Message, retryAfter: refuse.RetryAfter}
	if f.status == 0 {
		f.status = failForbidden.status
	}
	if f.message == "" {
		f.message = failForbidden.message
	}
	return f
}

func (f *failure) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	if f.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.retryAfter.Seconds()))))
	}
	body, err := json.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{f.code, f.message})
	if err != nil {
		return // cannot be: an int and a string
	}
	w.WriteHeader(f.status)
	w.Write(body)
}
