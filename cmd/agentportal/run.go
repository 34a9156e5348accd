package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/internal/config"
	"github.com/agentportal/portal/internal/desk"
)

// seed reads tenants and users from a file into the database.
func seed(ctx context.Context, c config.Seed) error {
	in := io.Reader(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	data, err := readSeed(in, c.File)
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, c.Database, visits, newLogger(c.Log))
	if err != nil {
		return err
	}
	return errors.Join(plant(ctx, db, data), db.Close())
}

// readSeed reads {"tenants": […]}. Members that it doesn't know are left alone, as in queues; a file without tenants
// is most likely another file.
func readSeed(r io.Reader, name string) (desk.Seed, error) {
	var data desk.Seed
	err := json.NewDecoder(r).Decode(&data)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		err = fmt.Errorf("%s must not be a JSON %s", cmp.Or(strings.ReplaceAll(wrong.Field, ".Tenant.", "."), "it"), wrong.Value) // an embedded type is no member
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("it ends too early")
	case err == nil && data.Tenants == nil:
		err = errors.New("it has no tenants")
	}
	if err != nil {
		return data, &portal.Error{Code: portal.Invalid, Err: err,
			Message: fmt.Sprintf(`%s isn't a seed file: %v: write JSON like {"tenants":[{"id":"acme","name":"Acme","users":[…]}]}, see the README`, name, err)}
	}
	return data, nil
}

func plant(ctx context.Context, db database, data desk.Seed) error {
	return desk.New(desk.Config{Store: db, HashPassword: auth.HashPassword}).Seed(ctx, data)
}

// migrate brings the database up to date. After a restore it also begins a new
// epoch, so that positions of the lost future are not taken for ours.
func migrate(ctx context.Context, c config.Migrate) error {
	db, err := openDatabase(ctx, c.Database, visits, newLogger(c.Log))
	if err != nil {
		return err
	}
	if c.NewEpoch {
		err = db.SetEpoch(ctx, fmt.Sprintf("e%x", time.Now().UnixMilli()))
	}
	return errors.Join(err, db.Close())
}
