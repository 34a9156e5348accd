//go:build unix

// Package powercut is a disk whose power can be cut after the fact, for tests. It
// notes what a process writes and synchronises below a folder, by strace(1), and
// makes the files that a cut at any moment could have left: what was synchronised
// is there; of what wasn't, each write is there, missing or torn, as the dice fall.
//
// It knows what databases do to files: pwrite64, ftruncate, fsync, fdatasync, and
// making and removing files. Memory that is mapped is not seen; SQLite maps only
// the index of its log, which it makes anew after a crash.
package powercut

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Disk is a folder and what was there before the process began.
type Disk struct {
	root  string
	trace string
	base  map[string][]byte // by path below root
}

// New notes what is in a folder. The trace goes to a file outside of it.
func New(root, trace string) (*Disk, error) {
	root, err := filepath.EvalSymlinks(root) // as the kernel names it
	if err != nil {
		return nil, err
	}
	d := &Disk{root: root, trace: trace, base: map[string][]byte{}}
	return d, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || ignored(path) {
			return err
		}
		d.base[d.below(path)], err = os.ReadFile(path)
		return err
	})
}

// below is a path as seen from the root; "" for one that isn't below it.
func (d *Disk) below(path string) string {
	path, ok := strings.CutPrefix(path, d.root)
	if !ok || (path != "" && path[0] != '/') {
		return ""
	}
	return "/" + strings.TrimPrefix(path, "/")
}

// ignored are files that hold nothing over a crash: locks, and the index of
// SQLite's log.
func ignored(path string) bool {
	return strings.HasSuffix(path, ".lock") || strings.HasSuffix(path, "-shm")
}

// Command is a command that is watched. Kill ends it.
func (d *Disk) Command(name string, args ...string) *exec.Cmd {
	watch := []string{"-f", "-qq", "-y", "-xx", "-s", "16777216", "-o", d.trace, "-e", "trace=" + strings.Join(traced, ",")}
	cmd := exec.Command("strace", append(append(watch, name), args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// Kill ends a command that was started, and who watches it, at once. What the
// watcher had not noted yet never happened.
func Kill(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
