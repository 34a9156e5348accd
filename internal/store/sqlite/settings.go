package sqlite

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

const selectSetting = `SELECT value FROM settings WHERE key = ?`

// Setting implements store.Directory.
func (s *Store) Setting(ctx context.Context, key string) (string, error) {
	v, err := one(ctx, s.reader(), "setting", scalar[string], selectSetting, key)
	if portal.CodeOf(err) == portal.NotFound {
		return "", nil
	}
	return v, err
}

// SetSettingOnce implements store.Directory.
func (s *Store) SetSettingOnce(ctx context.Context, key, value string) (stands string, err error) {
	err = s.change(ctx, func(c *conn) error {
		if _, err := c.exec(ctx, "setting", `INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`, key, value); err != nil {
			return err
		}
		stands, err = one(ctx, c, "setting", scalar[string], selectSetting, key)
		return err
	})
	return stands, err
}

// Epoch implements store.Directory.
func (s *Store) Epoch(ctx context.Context) (string, error) {
	return one(ctx, s.reader(), "epoch", scalar[string], selectSetting, epochKey)
}

// SetEpoch gives the database a new life: sockets' positions of the old one are
// not recovered. For `migrate --new-epoch`, after a restore.
func (s *Store) SetEpoch(ctx context.Context, epoch string) error {
	return s.change(ctx, func(c *conn) error { return putSetting(ctx, c, epochKey, epoch) })
}

func putSetting(ctx context.Context, c *conn, key, value string) error {
	_, err := c.exec(ctx, "setting", `
		INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}
