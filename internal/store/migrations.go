package store

import "io/fs"

// MigrationSet is the schema of a part of the portal that keeps its own tables
// in the store's database, such as the embedded queue. The store migrates it
// together with its own.
type MigrationSet struct {
	// Table counts the set's versions; each set has one of its own.
	Table string
	// FS holds goose migrations (NNNNN_name.sql) in its root, for the dialect of
	// the store that they are given to.
	FS fs.FS
}
