package postgres

import (
	"context"

	"github.com/agentportal/portal"
)

// The store's own settings: the one that names the database's life, and the one
// that Probe writes. No setting of the portal's begins with "store.".
const (
	epochKey = "store.epoch"
	probeKey = "store.probe"
)

const selectSetting = `SELECT value FROM settings WHERE key = $1`

// Setting implements store.Directory.
func (s *Store) Setting(ctx context.Context, key string) (string, error) {
	v, err := one(ctx, s.pooled(), "setting", scalar[string], selectSetting, key)
	if portal.CodeOf(err) == portal.NotFound {
		return "", nil
	}
	return v, err
}

// SetSettingOnce implements store.Directory. Of several at once one inserts; the
// others wait for it, insert nothing and read its value.
func (s *Store) SetSettingOnce(ctx context.Context, key, value string) (stands string, err error) {
	c := s.pooled()
	if _, err := c.exec(ctx, "setting", `INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING`, key, value); err != nil {
		return "", err
	}
	return one(ctx, c, "setting", scalar[string], selectSetting, key)
}

// Epoch implements store.Directory.
func (s *Store) Epoch(ctx context.Context) (string, error) {
	return one(ctx, s.pooled(), "epoch", scalar[string], selectSetting, epochKey)
}

// SetEpoch gives the database a new life: sockets' positions of the old one are
// not recovered. For `migrate --new-epoch`, after a restore.
func (s *Store) SetEpoch(ctx context.Context, epoch string) error {
	return s.putSetting(ctx, epochKey, epoch)
}

func (s *Store) putSetting(ctx context.Context, key, value string) error {
	_, err := s.pooled().exec(ctx, "setting", `
		INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}
