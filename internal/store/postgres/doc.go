// Package postgres keeps the portal in PostgreSQL: for several nodes.
//
// The tenant's row, which counts its events, is the lock that orders its
// commits over all nodes; within a node they queue up before they take a
// connection. A view is a read-only REPEATABLE READ snapshot.
//
// Every statement has a deadline, so a database that is frozen or cut off is
// Unavailable soon, and broken connections are replaced by the next call: the
// store is back as soon as the database is.
package postgres
