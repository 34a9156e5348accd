package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// crashPath makes this test binary the program that is killed; crashPragma is
// for its writing connection.
const (
	crashPath   = "STORE_CRASH_PATH"
	crashPragma = "STORE_CRASH_PRAGMA"
)

// SQLITE-10: TestWhatWasCommittedSurvivesAKill runs a process that commits from
// several goroutines, and prints each seq after its commit, until it is killed.
func TestWhatWasCommittedSurvivesAKill(t *testing.T) {
	if p := os.Getenv(crashPath); p != "" {
		commitUntilKilled(t, p)
		return
	}
	p := path(t)
	s := tenant(t, Config{Path: p})
	require.NoError(t, s.Close())
	for range 3 {
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		child.Env = append(os.Environ(), crashPath+"="+p)
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		told, lines := int64(0), bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if seq, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
				told = max(told, seq)
			}
			if n == 50 {
				require.NoError(t, child.Process.Kill())
			}
		}
		require.Error(t, child.Wait(), "it was killed")
		s := open(t, Config{Path: p, Exclusive: true})
		require.GreaterOrEqual(t, last(t, s), told)
		require.Positive(t, told)
		require.NoError(t, s.Close())
	}
}

func commitUntilKilled(t *testing.T, path string) {
	s := open(t, Config{Path: path, Exclusive: true})
	_, err := s.write.Exec(os.Getenv(crashPragma))
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				if err := say(context.Background(), s, "hello"); err != nil {
					t.Error(err)
					return
				}
				fmt.Println(last(t, s)) // at most what is committed
			}
		})
	}
	wg.Wait()
}
