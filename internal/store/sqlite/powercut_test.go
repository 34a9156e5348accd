//go:build unix

package sqlite

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/powercut"
)

// cuts is how often the power goes in a run of the test; POWERCUTS asks for
// another number.
const cuts = 40

// STORE-52: TestWhatWasCommittedSurvivesAPowerCut commits from several goroutines,
// and prints each seq after its commit, until it is killed; then it looks at what
// the disk would have kept had the power gone at random moments before.
func TestWhatWasCommittedSurvivesAPowerCut(t *testing.T) {
	h, file := commitWatched(t, "")
	for _, cut := range randomCuts(t, h) {
		lost, err := h.cutAt(t, cut, file)
		require.NoError(t, err, "cut at %+v", cut)
		require.Zero(t, lost, "events were lost that had been told: cut at %+v", cut)
	}
}

// TestThePowerCutIsRealEnough: without synchronising each commit, as many a
// database is set up, the same test sees losses.
func TestThePowerCutIsRealEnough(t *testing.T) {
	h, file := commitWatched(t, "PRAGMA synchronous=OFF")
	losses := 0
	for _, cut := range randomCuts(t, h) {
		if lost, err := h.cutAt(t, cut, file); err != nil || lost > 0 {
			losses++
		}
	}
	require.Positive(t, losses)
}

// cut is when the power goes, and how what was on its way falls.
type cut struct {
	moment int
	seed   uint64
}

type cutHistory struct{ *powercut.History }

// commitWatched runs a process of crash_test.go until it has committed enough for
// several checkpoints, and kills it.
func commitWatched(t *testing.T, pragma string) (cutHistory, string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "portal.db")
	s := tenant(t, Config{Path: file})
	require.NoError(t, s.Close())
	disk, err := powercut.New(dir, filepath.Join(t.ArtifactDir(), "trace"))
	require.NoError(t, err)
	child := disk.Command(os.Args[0], "-test.run=^TestWhatWasCommittedSurvivesAKill$")
	child.Env = append(os.Environ(), crashPath+"="+file, crashPragma+"="+pragma)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start(), "strace is needed to see what is written")
	lines := bufio.NewScanner(out)
	for n := 0; n < 1500 && lines.Scan(); n++ { // each writes some pages; a checkpoint comes after 1,000
	}
	require.NoError(t, powercut.Kill(child))
	require.Error(t, child.Wait(), "it was killed")
	h, err := disk.History()
	require.NoError(t, err)
	return cutHistory{h}, "/portal.db"
}

func randomCuts(t *testing.T, h cutHistory) (all []cut) {
	n := cuts
	if asked, err := strconv.Atoi(os.Getenv("POWERCUTS")); err == nil {
		n = asked
	}
	require.Greater(t, h.Moments(), 1000)
	for range n {
		all = append(all, cut{moment: 1 + rand.IntN(h.Moments()), seed: rand.Uint64()})
	}
	return all
}

// cutAt opens what a cut leaves, and tells how many events are missing that had
// been told.
func (h cutHistory) cutAt(t *testing.T, c cut, file string) (lost int64, err error) {
	t.Helper()
	told := int64(0)
	for _, line := range bytes.Fields(bytes.Join(h.Told(c.moment), nil)) {
		if seq, err := strconv.ParseInt(string(line), 10, 64); err == nil {
			told = max(told, seq)
		}
	}
	dir := t.TempDir()
	if _, err := h.Leave(c.moment, rand.New(rand.NewPCG(c.seed, 0)), dir); err != nil {
		return 0, err
	}
	s, err := Open(t.Context(), Config{Path: filepath.Join(dir, file), Exclusive: true})
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Close() }()
	var sound string
	if err := s.write.QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		return 0, fmt.Errorf("the database is broken: %w %s", err, sound)
	}
	var events, head int64
	if err := s.write.QueryRow("SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM events WHERE tenant_id = 'acme'").Scan(&events, &head); err != nil {
		return 0, err
	}
	if events != head || last(t, s) != head {
		return 0, fmt.Errorf("the log has a gap: %d events up to %d", events, head)
	}
	return max(0, told-head), nil
}
