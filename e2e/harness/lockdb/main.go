// Command lockdb holds the write lock of a SQLite database until its input ends, as a backup tool or a forgotten
// shell might. It says "locked" when it has it.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"
	"os"

	_ "modernc.org/sqlite"
)

func main() {
	if err := hold(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func hold(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Println("locked")
	_, _ = io.Copy(io.Discard, os.Stdin) // however it ends
	return tx.Rollback()
}
