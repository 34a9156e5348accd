// Package sqlite keeps the portal in one SQLite file: for one node, with
// nothing to install.
//
// The file is in WAL mode with synchronous=FULL, so what was committed survives
// power loss. One connection writes, several read snapshots beside it.
// Transactions that wait for the writer share one commit, and so one
// synchronisation of the disk; each is still all or nothing by itself.
//
// The embedded queue may keep its tables in the same file through [Store.DB].
package sqlite
