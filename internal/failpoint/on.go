//go:build failpoint

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// env names a file that holds the point at which the process is to die, and at which time it comes there:
// "send.claimed", or "send.claimed:3" for the third. A file, so that a test can ask for it while the process runs;
// without one nothing happens.
const env = "PORTAL_FAILPOINT"

// hits of the point that the file names.
var hits atomic.Int64

// Hit kills the process where p is the point that is asked for.
func Hit(p Point) {
	wish, err := os.ReadFile(os.Getenv(env))
	if err != nil {
		return
	}
	name, count, _ := strings.Cut(string(wish), ":")
	if name != string(p) {
		return
	}
	at, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		at = 1
	}
	if hits.Add(1) < at {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // one's own process can always be
	select {}                                      // nothing more is done until it is
}
