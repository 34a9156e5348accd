-- +goose Up
-- Times are integer milliseconds since 1970 in UTC; NULL is "not yet".
-- Every tenant's row carries its tenant's id, and the indexes begin with it.
-- There are no foreign keys: rows are written only by a Tx, which was opened for
-- an existing tenant, and several transactions share one commit (writer.go),
-- where a deferred violation would fail its neighbours.

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE tenants (
    id                   TEXT PRIMARY KEY,
    name                 TEXT    NOT NULL,
    phone_number_id      TEXT UNIQUE, -- NULL: no channel yet
    display_phone_number TEXT    NOT NULL,
    access_token         TEXT    NOT NULL,
    app_secret           TEXT    NOT NULL,
    verify_token         TEXT    NOT NULL,
    last_seq             INTEGER NOT NULL DEFAULT 0 -- the newest event's
);

CREATE TABLE users (
    tenant_id     TEXT NOT NULL,
    id            TEXT NOT NULL,
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE contacts (
    tenant_id  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    wa_id      TEXT,
    name       TEXT    NOT NULL,
    folded     TEXT    NOT NULL, -- name as store.Fold makes it, for searching
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX contacts_wa_id ON contacts (tenant_id, wa_id) WHERE wa_id IS NOT NULL;
CREATE INDEX contacts_search ON contacts (tenant_id, folded, wa_id, id);

CREATE TABLE conversations (
    tenant_id        TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    contact_id       TEXT    NOT NULL,
    version          INTEGER NOT NULL,
    channel          TEXT    NOT NULL,
    status           TEXT    NOT NULL,
    assignee_id      TEXT,
    assignee_name    TEXT,
    unread_count     INTEGER NOT NULL,
    message_count    INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    last_activity_at INTEGER NOT NULL,
    closed_at        INTEGER,
    last_message     TEXT, -- JSON of portal.LastMessage
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX conversations_one_active ON conversations (tenant_id, contact_id) WHERE status = 'active';
CREATE INDEX conversations_contact ON conversations (tenant_id, contact_id, created_at);
-- The three sorts of the list; what it is filtered by is in the index, too.
CREATE INDEX conversations_activity ON conversations (tenant_id, last_activity_at, id, status, assignee_id);
CREATE INDEX conversations_created ON conversations (tenant_id, created_at, id, status, assignee_id);
CREATE INDEX conversations_unread ON conversations (tenant_id, unread_count, last_activity_at, id, status, assignee_id);

CREATE TABLE messages (
    tenant_id       TEXT    NOT NULL,
    id              TEXT    NOT NULL,
    conversation_id TEXT    NOT NULL,
    seq             INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    direction       TEXT    NOT NULL,
    type            TEXT    NOT NULL,
    status          TEXT    NOT NULL,
    attempts        INTEGER NOT NULL,
    wamid           TEXT,
    client_id       TEXT,
    author_type     TEXT    NOT NULL,
    author_id       TEXT    NOT NULL,
    author_name     TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    delivered_at    INTEGER,
    read_at         INTEGER,
    -- Of the outbound message that ends a turn: from the turn's first inbound
    -- message to it, kept so that the dashboard needn't look for turns.
    response_ms     INTEGER,
    error_code      TEXT, -- NULL: no error
    error_message   TEXT,
    mime_type       TEXT,
    filename        TEXT,
    media_url       TEXT,
    text            TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX messages_thread ON messages (tenant_id, conversation_id, seq);
CREATE UNIQUE INDEX messages_wamid ON messages (tenant_id, wamid) WHERE wamid IS NOT NULL;
CREATE UNIQUE INDEX messages_client_id ON messages (tenant_id, conversation_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX messages_figures ON messages (tenant_id, created_at, direction, status, response_ms);

CREATE TABLE events (
    tenant_id       TEXT    NOT NULL,
    seq             INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    type            TEXT    NOT NULL,
    conversation_id TEXT    NOT NULL,
    in_room         INTEGER NOT NULL, -- 1: goes to the conversation's room only
    body            BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, seq)
) WITHOUT ROWID;
CREATE INDEX events_room ON events (tenant_id, conversation_id, seq) WHERE in_room = 1;

CREATE TABLE sends (
    id              INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of queueing
    tenant_id       TEXT    NOT NULL,
    message_id      TEXT    NOT NULL,
    contact_id      TEXT    NOT NULL,
    queued_at       INTEGER NOT NULL,
    due_at          INTEGER NOT NULL, -- next attempt, or the end of the lease
    attempts        INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant_id, message_id)
);
CREATE INDEX sends_contact ON sends (tenant_id, contact_id, id);
CREATE INDEX sends_due ON sends (due_at, id);

CREATE TABLE parked_reports (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of arrival
    tenant_id     TEXT    NOT NULL,
    wamid         TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    error_code    TEXT,
    error_message TEXT,
    queue         TEXT    NOT NULL,
    received_at   INTEGER NOT NULL,
    body          BLOB    NOT NULL,
    UNIQUE (tenant_id, wamid, status)
);
CREATE INDEX parked_reports_received ON parked_reports (received_at, id);

CREATE TABLE auth_sessions (
    id             TEXT PRIMARY KEY,
    tenant_id      TEXT    NOT NULL,
    user_id        TEXT    NOT NULL,
    refresh_hash   BLOB    NOT NULL UNIQUE,
    previous_hash  BLOB,
    previous_until INTEGER,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    revoked_at     INTEGER
);
CREATE INDEX auth_sessions_previous ON auth_sessions (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX auth_sessions_revoked ON auth_sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX auth_sessions_expires ON auth_sessions (expires_at);

CREATE TABLE recovery_sessions (
    pid             TEXT PRIMARY KEY,
    sid             TEXT    NOT NULL,
    tenant_id       TEXT    NOT NULL,
    user_id         TEXT    NOT NULL,
    auth_session_id TEXT    NOT NULL,
    start           INTEGER NOT NULL,
    generation      INTEGER NOT NULL,
    node            TEXT    NOT NULL,
    confirmed       INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    rooms           TEXT    NOT NULL -- JSON: conversation id -> seq of its join
);
CREATE INDEX recovery_sessions_auth ON recovery_sessions (auth_session_id);
CREATE INDEX recovery_sessions_updated ON recovery_sessions (updated_at);
