package sqlite

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLeases(t *testing.T) {
	t.Run("STORE-45 a new serve ends the leases of one that crashed, and no delay", func(t *testing.T) {
		p := path(t)
		due := func(c Config, want map[string]int64) {
			s, err := Open(t.Context(), c)
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()
			require.NoError(t, s.Migrate(t.Context()))
			for id, at := range want {
				var got int64
				require.NoError(t, s.DB().QueryRow("SELECT due_at FROM sends WHERE message_id = ?", id).Scan(&got))
				require.Equal(t, at, got, id)
			}
		}
		s := tenant(t, Config{Path: p})
		_, err := s.DB().Exec(`INSERT INTO sends (tenant_id, message_id, contact_id, queued_at, due_at, leased)
			VALUES ('acme', 'leased', 'joe', 1, 99, 1), ('acme', 'delayed', 'ann', 1, 99, 0)`)
		require.NoError(t, err)
		due(Config{Path: p}, map[string]int64{"leased": 99, "delayed": 99})
		due(Config{Path: p, Exclusive: true}, map[string]int64{"leased": 1, "delayed": 99})
	})
}
