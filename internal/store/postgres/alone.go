package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/agentportal/portal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// placeLock is the class of the advisory locks of schemas: each process that
// serves one holds it, together with others or, where it is to be alone, by itself.
const placeLock = 0x706f7276 // "porv"

// placeWait is how long a process that was killed a moment ago may take to be
// found gone.
const placeWait = 3 * time.Second

// noticeSoon has the server find out within 15 s that this connection's machine
// is gone. Its own default is two hours, for which nobody could follow.
func noticeSoon(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT set_config('tcp_keepalives_idle', '5', false),
		set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '2', false)`)
	return err
}

// takePlace takes the schema's lock: a Conflict where that takes longer than a
// killed process needs to be gone. The schema is there before its tables are.
func (p *presence) takePlace(ctx context.Context, conn *pgx.Conn) error {
	lock := `pg_advisory_lock_shared`
	if p.alone {
		lock = `pg_advisory_lock`
	}
	if _, err := conn.Exec(ctx, `SELECT set_config('lock_timeout', $1, false)`, milliseconds(placeWait)); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `SELECT `+lock+`($1::int, `+schemaKey+`)`, placeLock)
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != "55P03" { // lock_not_available
		return err
	}
	var others bool
	if err := conn.QueryRow(ctx, othersServe, p.id).Scan(&others); err != nil || !others {
		return &portal.Error{Code: portal.Unavailable, Message: "the database hasn't noticed yet that a connection broke", Err: err}
	}
	return portal.Errorf(portal.Conflict, "another serve uses this database, and %s", oneNode)
}

// schemaKey is the schema's number as an int, which oids exceed.
const schemaKey = `(SELECT (oid::bigint - 2147483648)::int FROM pg_namespace WHERE nspname = current_schema())`

// othersServe tells whether the schema's lock is held by another process than this
// one, whose own broken connection may hold it until it is found to be gone.
var othersServe = fmt.Sprintf(`
	SELECT EXISTS (SELECT 1 FROM (%s) place WHERE pid NOT IN (SELECT pid FROM (%s) own WHERE objid::bigint = $1))`,
	locks(placeLock)+` AND objid = (`+schemaKey+`::bigint & 4294967295)::oid`, locks(presenceLock))

// locks are those of a class that are held in this database.
func locks(class int) string {
	return fmt.Sprintf(`SELECT pid, objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::bigint = %d
		AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, class)
}

const oneNode = "the embedded queue is for one node: stop it, or start both with the same --broker-url (PORTAL_BROKER_URL)"

// Hold returns when ctx is done, or with a Conflict once another process serves
// in this one's place: its connection was gone for so long that the database took
// it for dead.
func (s *Store) Hold(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.presence.ousted:
		return portal.Errorf(portal.Conflict, "another serve has taken this one's place while the database was out of reach, and %s", oneNode)
	}
}
