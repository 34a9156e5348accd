package portal

import (
	"encoding/json"
	"fmt"
	"time"
)

// TimeFormat is the outward form of a time: RFC 3339 in UTC with milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// Time is an instant of millisecond precision, in UTC. The zero value means
// "not yet" and is null in JSON.
type Time struct{ t time.Time }

// At cuts t to milliseconds. Databases and JSON carry no more, and a value that
// changes by being stored could not be compared.
func At(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Millisecond)}
}

// UnixMilli is the instant ms milliseconds after the epoch; 0 is the zero Time.
func UnixMilli(ms int64) Time {
	if ms == 0 {
		return Time{}
	}
	return Time{time.UnixMilli(ms).UTC()}
}

// Std is the instant as a time.Time in UTC.
func (t Time) Std() time.Time { return t.t }

// IsZero tells whether the instant is unset.
func (t Time) IsZero() bool { return t.t.IsZero() }

// UnixMilli is the number of milliseconds since the epoch; 0 for the zero Time.
func (t Time) UnixMilli() int64 {
	if t.t.IsZero() {
		return 0
	}
	return t.t.UnixMilli()
}

// Before tells whether t is earlier than u.
func (t Time) Before(u Time) bool { return t.t.Before(u.t) }

// After tells whether t is later than u.
func (t Time) After(u Time) bool { return t.t.After(u.t) }

// String is the outward form, empty when unset.
func (t Time) String() string {
	if t.t.IsZero() {
		return ""
	}
	return t.t.Format(TimeFormat)
}

// MarshalJSON writes the outward form, null when unset.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + t.t.Format(TimeFormat) + `"`), nil
}

// UnmarshalJSON reads any RFC 3339 time, or null.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = Time{}
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("time: %w", err)
	}
	parsed, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("time: %w", err)
	}
	*t = At(parsed)
	return nil
}
