package interop_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOfficialClients runs the npm workspace of this folder (after npm ci).
func TestOfficialClients(t *testing.T) {
	require.DirExists(t, "node_modules", "run npm ci in interop first")
	server := filepath.Join(t.TempDir(), "ioserver")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", server, "../cmd/ioserver")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	clients := exec.CommandContext(ctx, "npm", "test", "--silent")
	clients.Env = append(os.Environ(), "IOSERVER="+server)
	clients.WaitDelay = 10 * time.Second // a server that is left over holds the pipe
	out, err = clients.CombinedOutput()
	require.NoError(t, err, string(out))
}
