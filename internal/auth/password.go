package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/agentportal/portal"
	"golang.org/x/crypto/argon2"
)

// The cost of a password: OWASP's first choice for argon2id, about 30 ms.
const (
	argonMemory  = 19 * 1024 // KiB
	argonPasses  = 2
	argonThreads = 1
	saltLen      = 16
	keyLen       = 32
)

// hashesAtOnce bounds the memory and processors that sign-ins can take.
const hashesAtOnce = 2

// The most that a stored form may ask for, so that a damaged row can't stop the process.
const (
	maxArgonMemory = 1 << 20 // KiB
	maxArgonPasses = 16
)

// HashPassword makes the stored form of a password: argon2id as a PHC string.
func HashPassword(password string) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonThreads, keyLen)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		argonMemory, argonPasses, argonThreads, b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// verifyPassword tells whether password has the stored form phc, in a time that
// depends on the form's cost only.
func verifyPassword(phc, password string) (bool, error) {
	memory, passes, threads, salt, key, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}

func parsePHC(phc string) (memory, passes uint32, threads uint8, salt, key []byte, err error) {
	damaged := portal.Errorf(portal.Internal, "a stored password is damaged; set a new one")
	fields := strings.Split(phc, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return 0, 0, 0, nil, nil, damaged
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return 0, 0, 0, nil, nil, damaged
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(fields[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(fields[5])
	if saltErr != nil || keyErr != nil || len(key) < 16 || len(key) > 64 ||
		memory > maxArgonMemory || passes == 0 || passes > maxArgonPasses || threads == 0 {
		return 0, 0, 0, nil, nil, damaged
	}
	return memory, passes, threads, salt, key, nil
}

// checkPassword verifies when there is a place among the checks under way.
func (a *Auth) checkPassword(ctx context.Context, phc, password string) (bool, error) {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
	case <-ctx.Done():
		return false, portal.Errorf(portal.Unavailable, "too busy; try again: %w", context.Cause(ctx))
	}
	return verifyPassword(phc, password)
}
