//go:build unix

package powercut

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// history is that of a process that did what strace would have told so.
func history(t *testing.T, lines ...string) *History {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "db"), []byte("old!"), 0o600))
	d, err := New(root, filepath.Join(t.TempDir(), "trace"))
	require.NoError(t, err)
	trace := strings.Join(lines, "\n") + "\n" + `7 pwrite64(3<cut o`
	for _, name := range []string{"/db-shm", "/db", "/log", ""} {
		trace = strings.ReplaceAll(trace, "<ROOT"+name+">", "<"+hex(d.root+name)+">")
		trace = strings.ReplaceAll(trace, `"ROOT`+name+`"`, `"`+hex(d.root+name)+`"`)
	}
	require.NoError(t, os.WriteFile(d.trace, []byte(trace), 0o600))
	h, err := d.History()
	require.NoError(t, err)
	return h
}

func hex(s string) (b string) {
	for i := range len(s) {
		b += fmt.Sprintf(`\x%02x`, s[i])
	}
	return b
}

// left are the contents, each as often as it came, that cuts at a moment left.
func left(t *testing.T, h *History, moment int, name string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for seed := range uint64(100) {
		dir := t.TempDir()
		_, err := h.Leave(moment, rand.New(rand.NewPCG(seed, 0)), dir)
		require.NoError(t, err)
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			content = []byte("missing")
		}
		found[string(content)]++
	}
	return found
}

func TestWhatIsSynchronisedStays(t *testing.T) {
	h := history(t,
		`7 pwrite64(3<ROOT/db>, "`+hex("new")+`", 3, 0 <unfinished ...>`,
		`8 fdatasync(3<ROOT/db>) = 0`, // began before the write was over
		`7 <... pwrite64 resumed>)           = 3`,
		`7 write(1<`+hex("pipe:[1]")+`>, "`+hex("told")+`", 4) = 4`,
		`8 fdatasync(3<ROOT/db>) = 0`,
		`7 pwrite64(3<ROOT/db>, "`+hex("never")+`", 5, 0) = -1 ENOSPC (No space left on device)`,
		`7 ftruncate(3<ROOT/db>, 1) = 0`,
		`7 fsync(3<ROOT/db>)   = 0`,
		`7 ftruncate(4<ROOT/db-shm>, 9) = 0`,
	)
	require.Len(t, left(t, h, 4, "db"), 2, "there or not")
	require.Equal(t, map[string]int{"new!": 100}, left(t, h, 5, "db"))
	require.Contains(t, left(t, h, 7, "db"), "n")
	require.Equal(t, map[string]int{"n": 100}, left(t, h, 8, "db"))
	require.Empty(t, h.Told(3))
	require.Equal(t, "told", string(h.Told(4)[0]))
}

func TestAFileIsThereOnceItsFolderIsSynchronised(t *testing.T) {
	h := history(t,
		`7 openat(AT_FDCWD<ROOT>, "ROOT/log", O_RDWR|O_CREAT, 0644) = 4<ROOT/log>`,
		`7 pwrite64(4<ROOT/log>, "`+hex("line")+`", 4, 0) = 4`,
		`7 fdatasync(4<ROOT/log>) = 0`,
		`7 fsync(5<ROOT>) = 0`,
	)
	before := left(t, h, 3, "log")
	require.Positive(t, before["missing"])
	require.Positive(t, before["line"])
	require.Equal(t, map[string]int{"line": 100}, left(t, h, 4, "log"))
}

func TestAWriteIsTornBetweenSectors(t *testing.T) {
	h := history(t, `7 pwrite64(3<ROOT/db>, "`+hex(strings.Repeat("n", 1024))+`", 1024, 0) = 1024`)
	torn := left(t, h, 1, "db")
	require.Contains(t, torn, "old!"+strings.Repeat("\x00", 508)+strings.Repeat("n", 512))
	require.Contains(t, torn, strings.Repeat("n", 512))
}

func TestWhatIsNotFollowedIsRefused(t *testing.T) {
	root := t.TempDir()
	d, err := New(root, filepath.Join(t.TempDir(), "trace"))
	require.NoError(t, err)
	for _, line := range []string{
		`7 write(3<` + hex(d.root+"/db") + `>, "` + hex("x") + `", 1) = 1`,
		`7 unlink("` + hex(d.root+"/db") + `") = 0`,
	} {
		require.NoError(t, os.WriteFile(d.trace, []byte(line+"\n"), 0o600))
		_, err = d.History()
		require.ErrorContains(t, err, "isn't followed")
	}
}
