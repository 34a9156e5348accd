package auth

import (
	"context"

	"github.com/agentportal/portal"
)

type identityKey struct{}

// WithIdentity puts who is asking into a context.
func WithIdentity(ctx context.Context, who portal.Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, who)
}

// IdentityFrom is who is asking; false if nobody signed in.
func IdentityFrom(ctx context.Context) (portal.Identity, bool) {
	who, ok := ctx.Value(identityKey{}).(portal.Identity)
	return who, ok
}
