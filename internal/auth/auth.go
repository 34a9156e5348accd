// Package auth answers who is asking: passwords, access and refresh tokens,
// sign-out, and the identity in a context.
//
// An access token is an HS256 JWT that names a user, a tenant and a signed-in
// session; the session decides, so that signing out refuses its tokens at once.
// A refresh token is random to everyone else and kept only as a hash. Neither
// tokens nor passwords appear in logs or errors.
package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// The defaults of Config.
const (
	DefaultAccessTTL  = 15 * time.Minute
	DefaultRefreshTTL = 720 * time.Hour
)

// MinSecret is the least length of a secret, in bytes: that of the MAC.
const MinSecret = sha256.Size

// settingSecret is where a secret that was made is kept.
const settingSecret = "jwt_secret"

// Config is what Auth works with. Only Store is needed.
type Config struct {
	Store store.Store
	// Secret is the HMAC key of access tokens, at least MinSecret bytes. Empty:
	// made once and kept in the store's settings.
	Secret []byte
	// AccessTTL is the life of an access token, DefaultAccessTTL if 0; RefreshTTL
	// that of a session since its last refresh, DefaultRefreshTTL if 0.
	AccessTTL, RefreshTTL time.Duration
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Auth signs in and out and checks tokens. Methods may be called by several goroutines.
type Auth struct {
	store                 store.Store
	accessKey, refreshKey []byte
	accessTTL, refreshTTL time.Duration
	now                   func() time.Time

	byEmail, byAddr *limiter
	hashing         chan struct{} // a place for each password check under way
	unknown         string        // stored form that an unknown email is checked against
	revoked         revocations
	sessions        sessionCache

	mu        sync.Mutex
	listeners []func(authSessionID string)
}

// New makes an Auth. A secret that is too short is Invalid.
func New(ctx context.Context, c Config) (*Auth, error) {
	secret, err := secretOf(ctx, c)
	if err != nil {
		return nil, err
	}
	unknown, err := HashPassword(rand.Text())
	if err != nil {
		return nil, err
	}
	a := &Auth{
		store: c.Store, now: c.Now,
		accessKey: secret, refreshKey: derive(secret, "refresh token"),
		accessTTL: c.AccessTTL, refreshTTL: c.RefreshTTL,
		hashing: make(chan struct{}, hashesAtOnce),
		unknown: unknown,
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.accessTTL == 0 {
		a.accessTTL = DefaultAccessTTL
	}
	if a.refreshTTL == 0 {
		a.refreshTTL = DefaultRefreshTTL
	}
	a.byEmail = newLimiter(emailFailures, emailWindow, a.now)
	a.byAddr = newLimiter(addrSignIns, addrWindow, a.now)
	return a, nil
}

// secretOf is the configured secret, or the one that the store keeps.
func secretOf(ctx context.Context, c Config) ([]byte, error) {
	if len(c.Secret) > 0 {
		if len(c.Secret) < MinSecret {
			return nil, portal.Errorf(portal.Invalid, "the JWT secret has %d bytes; at least %d are needed", len(c.Secret), MinSecret)
		}
		return c.Secret, nil
	}
	fresh := make([]byte, MinSecret)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	kept, err := c.Store.SetSettingOnce(ctx, settingSecret, base64.StdEncoding.EncodeToString(fresh))
	if err != nil {
		return nil, err
	}
	secret, err := base64.StdEncoding.DecodeString(kept)
	if err != nil || len(secret) < MinSecret {
		return nil, portal.Errorf(portal.Internal, "the JWT secret kept in the database is damaged; set one")
	}
	return secret, nil
}

// derive makes a key for one purpose, so that no MAC of one serves for another.
func derive(secret []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}
