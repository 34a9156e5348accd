package bridge

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/agentportal/portal"
)

// What RFC 3339 can show. A time outside is a mistake, such as milliseconds
// taken for seconds.
const (
	minUnix = 1            // 0 stands for "not yet"
	maxUnix = 253402300800 // 10000
)

// unixSeconds is what a number of seconds looks like, as text too: no exponent
// beyond JSON's, no "0x10", "inf" or "1_000", which strconv would take.
var unixSeconds = regexp.MustCompile(`^[0-9]{1,20}(\.[0-9]{1,20})?([eE]\+?[0-9]{1,2})?$`)

var leapSecond = regexp.MustCompile(`^(.{10}T\d\d:\d\d):60(.*)$`)

// timestamp reads Unix seconds, as a number or as text, or RFC 3339.
func (f fields) timestamp() (portal.Time, error) {
	raw, ok := f["timestamp"]
	if !ok || string(raw) == "null" {
		return portal.Time{}, errors.New("timestamp is missing")
	}
	s := string(raw)
	if s[0] == '"' {
		if err := json.Unmarshal(raw, &s); err != nil {
			return portal.Time{}, errNoTime()
		}
		s = strings.TrimSpace(s)
	}
	if unixSeconds.MatchString(s) {
		return seconds(s)
	}
	s, leap := withoutLeapSecond(strings.ToUpper(s)) // RFC 3339 allows "t" and "z"
	at, err := time.Parse(time.RFC3339Nano, s)
	at = at.Add(leap)
	if err != nil || at.Unix() < minUnix || at.Unix() >= maxUnix {
		return portal.Time{}, errNoTime()
	}
	return portal.At(at), nil
}

// withoutLeapSecond takes a 60th second, which RFC 3339 knows and package time
// doesn't, for the one before it, and gives back what is to be added.
func withoutLeapSecond(s string) (string, time.Duration) {
	if m := leapSecond.FindStringSubmatch(s); m != nil {
		return m[1] + ":59" + m[2], time.Second
	}
	return s, 0
}

func seconds(s string) (portal.Time, error) {
	v, err := strconv.ParseFloat(s, 64) // milliseconds of this range are exact enough
	ms := math.Round(v * 1000)          // may reach the bound that v doesn't
	if err != nil || ms < minUnix*1000 || ms >= maxUnix*1000 {
		return portal.Time{}, errNoTime()
	}
	return portal.UnixMilli(int64(ms)), nil
}

func errNoTime() error { return errors.New("timestamp is no time: Unix seconds or RFC 3339 are") }
