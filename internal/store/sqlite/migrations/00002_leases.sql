-- +goose Up
ALTER TABLE sends ADD COLUMN leased INTEGER NOT NULL DEFAULT 0; -- due_at is the end of a lease
