//go:build unix

package powercut

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// traced are the calls that are noted.
var traced = []string{"pwrite64", "write", "ftruncate", "fsync", "fdatasync", "open", "openat", "unlink", "unlinkat"}

// call is one of them. It took effect at some moment from began to ended.
type call struct {
	name         string
	file         string // below the root; "/" is the root itself; "" is elsewhere
	data         []byte
	at           int64 // pwrite64: the offset; ftruncate: the size
	made         bool  // openat: the file, unless it was there
	began, ended int   // lines of the trace; ended is 0 for a call that never returned
	settled      int   // the line after which no cut undoes it; 0: there is none
}

// What a line looks like, but for the data of a write, which is long:
//
//	123 pwrite64(5<\x2f…>, "\x00…", 4096, 8192) = 4096
//	123 fdatasync(5<\x2f…> <unfinished ...>
//	123 <... fdatasync resumed>) = 0
var (
	onFileForm = regexp.MustCompile(`^\d+<([^>]*)>(?:, )?`)
	pathForm   = regexp.MustCompile(`^(?:AT_FDCWD<[^>]*>, )?"([^"]*)"`)
	placeForm  = regexp.MustCompile(`^, \d+(?:, (\d+))?`)
)

// calls reads the trace. A last line that was cut off counts for nothing.
func (d *Disk) calls() ([]*call, error) {
	f, err := os.Open(d.trace)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var all []*call
	open := map[string]*call{} // by thread
	lines := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil {
			return all, nil
		}
		thread, what, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			return nil, fmt.Errorf("line %d is none of strace's: %.80q", n, line)
		}
		what = strings.TrimSpace(what)
		if strings.HasPrefix(what, "<... ") {
			if c := open[thread]; c != nil {
				result, _ := resultOf(what)
				c.end(n, result)
			}
			delete(open, thread)
			continue
		}
		c, err := d.call(what)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w: %.200q", n, err, line)
		}
		if c == nil {
			continue // a signal, an exit
		}
		c.began = n
		all = append(all, c)
		if result, returned := resultOf(what); returned {
			c.end(n, result)
		} else {
			open[thread] = c
		}
	}
}

// resultOf is what a call returned. Paths and data are in hexadecimal: there is no
// other "= " behind the arguments.
func resultOf(what string) (result string, returned bool) {
	at := strings.LastIndex(what, "= ")
	if at < 0 || !strings.HasSuffix(strings.TrimSpace(what[:at]), ")") && !strings.HasPrefix(what, "<... ") {
		return "", false
	}
	return what[at+2:], true
}

// end notes how a call returned: one that failed did nothing.
func (c *call) end(line int, result string) {
	c.ended = line
	if strings.HasPrefix(result, "-") {
		c.file, c.data = "", nil
	}
}

var errForm = errors.New("not understood")

// call reads what was called; nil for a line that is no call.
func (d *Disk) call(what string) (*call, error) {
	name, args, ok := strings.Cut(what, "(")
	if !ok || !slices.Contains(traced, name) {
		return nil, nil
	}
	c := &call{name: name}
	switch c.name {
	case "open", "openat", "unlink", "unlinkat":
		path := pathForm.FindStringSubmatch(args)
		if path == nil {
			return nil, errForm
		}
		c.file = d.file(path[1])
		c.made = strings.Contains(args, "O_CREAT")
		return c, nil
	}
	on := onFileForm.FindStringSubmatch(args)
	if on == nil {
		return nil, errForm
	}
	c.file, args = d.file(on[1]), args[len(on[0]):]
	switch c.name {
	case "ftruncate":
		size, _, _ := strings.Cut(args, ")")
		var err error
		c.at, err = strconv.ParseInt(strings.Fields(size)[0], 10, 64)
		return c, err
	case "write", "pwrite64":
		return c, c.write(args)
	}
	return c, nil
}

func (c *call) write(args string) (err error) {
	data, place, ok := strings.Cut(strings.TrimPrefix(args, `"`), `"`)
	parts := placeForm.FindStringSubmatch(place)
	if !ok || parts == nil {
		return errForm
	}
	c.data = bytes(data)
	if c.name == "pwrite64" {
		c.at, err = strconv.ParseInt(parts[1], 10, 64)
	}
	return err
}

// file is a path as the trace writes it, below the root; "" where it is elsewhere
// or of no account.
func (d *Disk) file(hex string) string {
	path := string(bytes(hex))
	if ignored(path) {
		return ""
	}
	return d.below(path)
}

// bytes reads \x00\xff….
func bytes(hex string) []byte {
	b := make([]byte, 0, len(hex)/4)
	for ; len(hex) >= 4; hex = hex[4:] {
		b = append(b, digit(hex[2])<<4|digit(hex[3]))
	}
	return b
}

func digit(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}
