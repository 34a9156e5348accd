package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/agentportal/portal/internal/store/storetest"
)

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) storetest.Store {
		return open(b, Config{Path: filepath.Join(b.TempDir(), "portal.db")})
	})
}
