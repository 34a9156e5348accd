package interop_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOfficialClients runs the npm workspace of this folder (after npm ci).
func TestOfficialClients(t *testing.T) {
	require.DirExists(t, "node_modules", "run npm ci in interop first")
	server := filepath.Join(t.TempDir(), "ioserver")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", server, "../cmd/ioserver")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	clients := exec.CommandContext(t.Context(), "npm", "test", "--silent")
	clients.Env = append(os.Environ(), "IOSERVER="+server)
	out, err = clients.CombinedOutput()
	require.NoError(t, err, string(out))
}
