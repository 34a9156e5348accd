//go:build unix

package engineio

import "syscall"

// canWriteNow says whether writeNow works here.
const canWriteNow = true

// writeNow writes to a non-blocking socket what the kernel takes at once.
func writeNow(fd int, p []byte) (int, error) {
	for {
		n, err := write(fd, p)
		switch err {
		case nil:
			return n, nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, errWouldBlock
		default:
			return 0, err
		}
	}
}
