//go:build !failpoint

package failpoint

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is shipped can't be made to die, whatever the environment says. That the other binary does is FAULT-1's test.
func TestWhatIsShippedDoesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "point")
	require.NoError(t, os.WriteFile(file, []byte(SendClaimed), 0o600))
	t.Setenv("PORTAL_FAILPOINT", file)
	Hit(SendClaimed)
	require.Zero(t, testing.AllocsPerRun(100, func() { Hit(SendClaimed) }))
}
