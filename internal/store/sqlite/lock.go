package sqlite

import (
	"errors"
	"os"
	"syscall"

	"github.com/agentportal/portal"
)

// fileLock is an advisory lock on a file beside the database. It isn't taken on
// the database itself: closing any descriptor of that would drop SQLite's own
// locks. The kernel releases it when the process ends, however it ends.
type fileLock struct{ f *os.File }

// lockFile takes the lock or fails at once: with Conflict if another holds it.
func lockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, portal.Errorf(portal.Unavailable, "lock file: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return &fileLock{f}, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, portal.Errorf(portal.Conflict, "%s is locked", path)
	}
	return nil, portal.Errorf(portal.Unavailable, "lock file: %w", err)
}

func (l *fileLock) release() { _ = l.f.Close() }
