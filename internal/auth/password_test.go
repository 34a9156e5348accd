package auth

import (
	"strings"
	"testing"

	"github.com/agentportal/portal"
	"github.com/stretchr/testify/require"
)

func TestPassword(t *testing.T) {
	phc, err := HashPassword("correct horse")
	require.NoError(t, err)
	again, err := HashPassword("correct horse")
	require.NoError(t, err)
	require.NotEqual(t, phc, again, "AUTH-1 each has a salt of its own")
	require.True(t, strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$"), phc)
	for password, want := range map[string]bool{"correct horse": true, "correct horse ": false, "": false} {
		right, err := verifyPassword(phc, password)
		require.NoError(t, err)
		require.Equal(t, want, right, "AUTH-1 %q", password)
	}
	for name, damaged := range map[string]string{
		"empty": "", "plain": "correct horse", "bcrypt": "$2a$10$abcdefghijklmnopqrstuv",
		"argon2i": strings.Replace(phc, "argon2id", "argon2i", 1), "version": strings.Replace(phc, "v=19", "v=16", 1),
		"memory": strings.Replace(phc, "m=19456", "m=4294967295", 1), "passes": strings.Replace(phc, "t=2", "t=1000", 1),
		"no passes": strings.Replace(phc, "t=2", "t=0", 1), "no threads": strings.Replace(phc, "p=1", "p=0", 1),
		"salt": strings.Replace(phc, "p=1$", "p=1$!", 1), "no key": phc[:strings.LastIndex(phc, "$")+1],
	} {
		_, err := verifyPassword(damaged, "correct horse")
		require.Equal(t, portal.Internal, portal.CodeOf(err), "AUTH-1 %s", name)
	}
}
