-- +goose Up
ALTER TABLE sends ADD COLUMN lessor INTEGER; -- the process that has it leased; null: none, or one that can't be looked for
