-- +goose Up
-- AUTOINCREMENT: an id is never used again, so the order of ids is the order of publishing for good.
CREATE TABLE queue_messages (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    queue      TEXT NOT NULL,
    message_id TEXT NOT NULL,
    headers    TEXT NOT NULL, -- a JSON object of strings
    body       BLOB NOT NULL
);
CREATE INDEX queue_messages_by_queue ON queue_messages (queue, id);

CREATE TABLE queue_dead (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    queue      TEXT NOT NULL, -- the one that the message was taken from
    message_id TEXT NOT NULL,
    headers    TEXT NOT NULL,
    body       BLOB NOT NULL,
    reason     TEXT NOT NULL,
    at         INTEGER NOT NULL -- Unix milliseconds
);
CREATE INDEX queue_dead_by_queue ON queue_dead (queue, id);

-- +goose Down
DROP TABLE queue_dead;
DROP TABLE queue_messages;
