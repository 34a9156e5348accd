//go:build unix

package powercut

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// sector is what a disk writes whole or not at all, in bytes.
const sector = 512

// History is what a process did.
type History struct {
	base  map[string][]byte
	calls []*call
	files []string
}

// History reads what was noted, after the process has ended.
func (d *Disk) History() (*History, error) {
	calls, err := d.calls()
	if err != nil {
		return nil, err
	}
	h := &History{base: d.base, calls: calls}
	there := map[string]bool{}
	for file := range d.base {
		there[file] = true
	}
	for _, c := range calls {
		switch {
		case c.file == "" || c.file == "/":
		case c.name == "write":
			return nil, fmt.Errorf("%s is written without an offset, which isn't followed", c.file)
		case c.name == "open" || c.name == "openat":
			c.made = c.made && !there[c.file]
			there[c.file] = true
		case c.name == "unlink" || c.name == "unlinkat":
			return nil, fmt.Errorf("%s is removed, which isn't followed", c.file)
		}
	}
	for file := range there {
		h.files = append(h.files, file)
	}
	slices.Sort(h.files)
	h.settle()
	return h, nil
}

// settle finds the end of the first synchronisation that covers each call: one
// that began when the call was over. What is in a file is covered by those of the
// file, that there is one by those of its folder.
func (h *History) settle() {
	syncs := map[string][]*call{}
	for _, c := range h.calls {
		if c.ended != 0 && (c.name == "fsync" || c.name == "fdatasync") {
			syncs[c.file] = append(syncs[c.file], c)
		}
	}
	for _, c := range h.calls {
		of := c.file
		if c.made {
			of = filepath.Dir(c.file)
		}
		for _, s := range syncs[of] {
			if c.ended != 0 && s.began > c.ended && (c.settled == 0 || s.ended < c.settled) {
				c.settled = s.ended
			}
		}
	}
}

// Moments is how many there are: the power can be cut at 1 to Moments.
func (h *History) Moments() int {
	if len(h.calls) == 0 {
		return 0
	}
	return h.calls[len(h.calls)-1].began
}

// Told is everything that had begun to be written to pipes, sockets and other
// files until a moment, in order.
func (h *History) Told(moment int) (all [][]byte) {
	for _, c := range h.calls {
		if c.began <= moment && c.name == "write" && c.file == "" {
			all = append(all, c.data)
		}
	}
	return all
}

// Leave makes, in a folder, the files that a cut at a moment leaves. It tells how
// many writes were under way or not synchronised: those are there, torn or
// missing as the dice fall.
func (h *History) Leave(moment int, dice *rand.Rand, dir string) (loose int, err error) {
	for _, file := range h.files {
		content, exists, n := h.content(file, moment, dice)
		loose += n
		if !exists {
			continue
		}
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return loose, err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return loose, err
		}
	}
	return loose, nil
}

func (h *History) content(file string, moment int, dice *rand.Rand) (content []byte, exists bool, loose int) {
	content, exists = slices.Clone(h.base[file]), h.base[file] != nil
	for _, c := range h.calls {
		if c.file != file || c.began > moment {
			continue
		}
		switch c.name {
		case "open", "openat":
			if c.made && (c.surely(moment) || dice.IntN(2) == 0) {
				exists = true
			}
		case "pwrite64", "ftruncate":
			if c.surely(moment) {
				content = c.whole(content)
			} else {
				loose++
				content = c.torn(content, dice)
			}
		}
	}
	return content, exists, loose
}

// surely tells whether the call outlives a cut at the moment.
func (c *call) surely(moment int) bool { return c.settled != 0 && c.settled <= moment }

// whole is the content after the call.
func (c *call) whole(content []byte) []byte {
	if c.name == "ftruncate" {
		return resize(content, c.at)
	}
	content = resize(content, max(int64(len(content)), c.at+int64(len(c.data))))
	copy(content[c.at:], c.data)
	return content
}

// torn is the content where nobody waited for the call to reach the disk: all of
// it has, nothing, or some sectors.
func (c *call) torn(content []byte, dice *rand.Rand) []byte {
	switch dice.IntN(3) {
	case 0:
		return content
	case 1:
		return c.whole(content)
	}
	if c.name == "ftruncate" {
		return content
	}
	for from := int64(0); from < int64(len(c.data)); {
		to := min(int64(len(c.data)), from+sector-(c.at+from)%sector)
		if dice.IntN(2) == 0 {
			content = (&call{name: "pwrite64", at: c.at + from, data: c.data[from:to]}).whole(content)
		}
		from = to
	}
	return content
}

func resize(content []byte, size int64) []byte {
	if size <= int64(len(content)) {
		return content[:size]
	}
	return append(content, make([]byte, size-int64(len(content)))...)
}
