package postgres

import (
	"testing"

	"github.com/agentportal/portal/internal/store/storetest"
)

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) storetest.Store { return open(b, Config{URL: newSchema(b)}) })
}
