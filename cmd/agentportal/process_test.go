package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asCommand in the environment makes the test binary the command itself.
const asCommand = "AGENTPORTAL_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is the command itself, perhaps by way of another program, in a directory,
// with nothing in its environment that could be a setting.
func program(cmd *exec.Cmd, dir string) *exec.Cmd {
	cmd.Dir, cmd.Env = dir, []string{asCommand + "=1", "PATH=" + os.Getenv("PATH")}
	return cmd
}

// self is the file to run as the command.
func self(t *testing.T) string {
	t.Helper()
	file, err := os.Executable()
	require.NoError(t, err)
	return file
}

// ran is how a command ended.
type ran struct {
	code   int
	stderr string
}

// command runs the program until it ends.
func command(t *testing.T, dir string, env []string, args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := program(exec.CommandContext(ctx, self(t), args...), dir)
	cmd.Env = append(cmd.Env, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	require.NoError(t, ctx.Err(), "it gives up by itself: %s", &stderr)
	return ran{cmd.ProcessState.ExitCode(), stderr.String()}
}

var listeningAt = regexp.MustCompile(`msg=listening addr=(\S+)`)

// listening starts a program and returns its address and what it said until it
// listened; the address is empty if it ended instead.
func listening(t *testing.T, cmd *exec.Cmd) (address, said string) {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // where the test fails before it does
	var all strings.Builder
	for lines := bufio.NewScanner(stderr); address == "" && lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if at := listeningAt.FindStringSubmatch(lines.Text()); at != nil {
			address = at[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stderr) }() // so that it can go on talking
	return address, all.String()
}

// started runs the command until it listens, and returns what it said until then.
func started(t *testing.T, dir string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := program(exec.CommandContext(ctx, self(t), args...), dir)
	_, said := listening(t, cmd)
	cancel()
	_ = cmd.Wait() // killed, or said isn't what it should be
	return said
}
