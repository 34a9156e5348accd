-- +goose Up
-- Times are integer milliseconds since 1970 in UTC; NULL is "not yet".
-- Every tenant's row carries its tenant's id, and the indexes begin with it.
-- There are no foreign keys: rows are written only by a Tx, which was opened for
-- an existing tenant and holds its row.
-- Text is compared byte by byte: ids as keys and cursors, names by store.Fold.

CREATE TABLE settings (
    key   TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE tenants (
    id                   TEXT COLLATE "C" PRIMARY KEY,
    name                 TEXT COLLATE "C" NOT NULL,
    phone_number_id      TEXT COLLATE "C" UNIQUE, -- NULL: no channel yet
    display_phone_number TEXT COLLATE "C" NOT NULL,
    access_token         TEXT COLLATE "C" NOT NULL,
    app_secret           TEXT COLLATE "C" NOT NULL,
    verify_token         TEXT COLLATE "C" NOT NULL,
    last_seq             BIGINT NOT NULL DEFAULT 0 -- the newest event's
);

CREATE TABLE users (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    email         TEXT COLLATE "C" NOT NULL UNIQUE,
    name          TEXT COLLATE "C" NOT NULL,
    role          TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE contacts (
    tenant_id  TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    wa_id      TEXT COLLATE "C",
    name       TEXT COLLATE "C" NOT NULL,
    folded     TEXT COLLATE "C" NOT NULL, -- name as store.Fold makes it, for searching
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX contacts_wa_id ON contacts (tenant_id, wa_id) WHERE wa_id IS NOT NULL;
CREATE INDEX contacts_search ON contacts (tenant_id, folded, wa_id, id);

CREATE TABLE conversations (
    tenant_id        TEXT COLLATE "C" NOT NULL,
    id               TEXT COLLATE "C" NOT NULL,
    contact_id       TEXT COLLATE "C" NOT NULL,
    version          BIGINT NOT NULL,
    channel          TEXT COLLATE "C" NOT NULL,
    status           TEXT COLLATE "C" NOT NULL,
    assignee_id      TEXT COLLATE "C",
    assignee_name    TEXT COLLATE "C",
    unread_count     BIGINT NOT NULL,
    message_count    BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    last_activity_at BIGINT NOT NULL,
    closed_at        BIGINT,
    last_message     TEXT COLLATE "C", -- JSON of portal.LastMessage
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX conversations_one_active ON conversations (tenant_id, contact_id) WHERE status = 'active';
CREATE INDEX conversations_contact ON conversations (tenant_id, contact_id, created_at);
-- The three sorts of the list; what it is filtered by is in the index, too.
CREATE INDEX conversations_activity ON conversations (tenant_id, last_activity_at, id, status, assignee_id);
CREATE INDEX conversations_created ON conversations (tenant_id, created_at, id, status, assignee_id);
CREATE INDEX conversations_unread ON conversations (tenant_id, unread_count, last_activity_at, id, status, assignee_id);

CREATE TABLE messages (
    tenant_id       TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    conversation_id TEXT COLLATE "C" NOT NULL,
    seq             BIGINT NOT NULL,
    version         BIGINT NOT NULL,
    direction       TEXT COLLATE "C" NOT NULL,
    type            TEXT COLLATE "C" NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    attempts        BIGINT NOT NULL,
    wamid           TEXT COLLATE "C",
    client_id       TEXT COLLATE "C",
    author_type     TEXT COLLATE "C" NOT NULL,
    author_id       TEXT COLLATE "C" NOT NULL,
    author_name     TEXT COLLATE "C" NOT NULL,
    created_at      BIGINT NOT NULL,
    sent_at         BIGINT,
    delivered_at    BIGINT,
    read_at         BIGINT,
    -- Of the outbound message that ends a turn: from the turn's first inbound
    -- message to it, kept so that the dashboard needn't look for turns.
    response_ms     BIGINT,
    error_code      TEXT COLLATE "C", -- NULL: no error
    error_message   TEXT COLLATE "C",
    mime_type       TEXT COLLATE "C",
    filename        TEXT COLLATE "C",
    media_url       TEXT COLLATE "C",
    text            TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX messages_thread ON messages (tenant_id, conversation_id, seq);
CREATE UNIQUE INDEX messages_wamid ON messages (tenant_id, wamid) WHERE wamid IS NOT NULL;
CREATE UNIQUE INDEX messages_client_id ON messages (tenant_id, conversation_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX messages_figures ON messages (tenant_id, created_at, direction, status, response_ms);

CREATE TABLE events (
    tenant_id       TEXT COLLATE "C" NOT NULL,
    seq             BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    type            TEXT COLLATE "C" NOT NULL,
    conversation_id TEXT COLLATE "C" NOT NULL,
    in_room         BOOLEAN NOT NULL, -- goes to the conversation's room only
    body            BYTEA    NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX events_room ON events (tenant_id, conversation_id, seq) WHERE in_room;

CREATE TABLE sends (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the order of queueing
    tenant_id       TEXT COLLATE "C" NOT NULL,
    message_id      TEXT COLLATE "C" NOT NULL,
    contact_id      TEXT COLLATE "C" NOT NULL,
    queued_at       BIGINT NOT NULL,
    due_at          BIGINT NOT NULL, -- next attempt, or the end of the lease
    attempts        BIGINT NOT NULL DEFAULT 0,
    UNIQUE (tenant_id, message_id)
);
CREATE INDEX sends_contact ON sends (tenant_id, contact_id, id);
CREATE INDEX sends_due ON sends (due_at, id);

CREATE TABLE parked_reports (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the order of arrival
    tenant_id     TEXT COLLATE "C" NOT NULL,
    wamid         TEXT COLLATE "C" NOT NULL,
    status        TEXT COLLATE "C" NOT NULL,
    at            BIGINT NOT NULL,
    error_code    TEXT COLLATE "C",
    error_message TEXT COLLATE "C",
    queue         TEXT COLLATE "C" NOT NULL,
    received_at   BIGINT NOT NULL,
    body          BYTEA    NOT NULL,
    UNIQUE (tenant_id, wamid, status)
);
CREATE INDEX parked_reports_received ON parked_reports (received_at, id);

CREATE TABLE auth_sessions (
    id             TEXT COLLATE "C" PRIMARY KEY,
    tenant_id      TEXT COLLATE "C" NOT NULL,
    user_id        TEXT COLLATE "C" NOT NULL,
    refresh_hash   BYTEA    NOT NULL UNIQUE,
    previous_hash  BYTEA,
    previous_until BIGINT,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    revoked_at     BIGINT
);
CREATE INDEX auth_sessions_previous ON auth_sessions (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX auth_sessions_revoked ON auth_sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX auth_sessions_expires ON auth_sessions (expires_at);

CREATE TABLE recovery_sessions (
    pid             TEXT COLLATE "C" PRIMARY KEY,
    sid             TEXT COLLATE "C" NOT NULL,
    tenant_id       TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    auth_session_id TEXT COLLATE "C" NOT NULL,
    start           BIGINT NOT NULL,
    generation      BIGINT NOT NULL,
    node            TEXT COLLATE "C" NOT NULL,
    confirmed       BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    rooms           TEXT COLLATE "C" NOT NULL -- JSON: conversation id -> seq of its join
);
CREATE INDEX recovery_sessions_auth ON recovery_sessions (auth_session_id);
CREATE INDEX recovery_sessions_updated ON recovery_sessions (updated_at);
