//go:build !unix

package engineio

import "errors"

// canWriteNow is false: every write gets a goroutine for as long as it takes.
const canWriteNow = false

func writeNow(int, []byte) (int, error) { return 0, errors.ErrUnsupported }
