// Package web carries the built user interface inside the binary.
//
// The folder app/dist is filled by `npm run build`; without a build it holds
// only a placeholder, the Go code builds all the same, and Assets says so.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:app/dist
var dist embed.FS

// Assets is the built page, index.html at its root. Where the page wasn't
// built before the binary, it has no index.html: see Built.
func Assets() fs.FS {
	sub, err := fs.Sub(dist, "app/dist")
	if err != nil {
		// The path is a constant that the directive above proves.
		panic(err)
	}
	return sub
}

// Built tells whether the binary carries the page. A server without it answers
// its routes with a hint to run `make build` instead of a blank page.
func Built() bool {
	_, err := fs.Stat(Assets(), "index.html")
	return err == nil
}
