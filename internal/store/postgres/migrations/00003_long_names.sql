-- +goose Up
-- A row of an index holds 2,700 bytes at most, and a name has no bound: longer
-- ones are searched in the table. The query names the same bound.
DROP INDEX contacts_search;
CREATE INDEX contacts_search ON contacts (tenant_id, folded, wa_id, id) WHERE octet_length(folded) <= 1000;
CREATE INDEX contacts_search_long ON contacts (tenant_id, id) WHERE octet_length(folded) > 1000;
