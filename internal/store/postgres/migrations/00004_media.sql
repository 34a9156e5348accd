-- +goose Up
ALTER TABLE messages ADD COLUMN media_id TEXT; -- the provider's name for the file
