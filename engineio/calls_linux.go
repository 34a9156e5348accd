package engineio

import (
	"syscall"
	"unsafe"
)

// These calls never wait: each is for a descriptor that is not blocking. So the
// runtime needn't be told of them, which would wake the thread that watches over
// calls that do wait whenever a server that was idle gets something to do. With
// the race detector they are made the usual way, for it takes what is written
// and then read to be in order.

func write(fd int, p []byte) (int, error) {
	if raceDetector {
		return syscall.Write(fd, p)
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return called(n, errno)
}

func read(fd int, p []byte) (int, error) {
	if raceDetector {
		return syscall.Read(fd, p)
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return called(n, errno)
}

// epollNow tells what has come so far.
func epollNow(fd int, events []syscall.EpollEvent) (int, error) {
	if raceDetector {
		return syscall.EpollWait(fd, events, 0)
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	return called(n, errno)
}

func called(n uintptr, errno syscall.Errno) (int, error) {
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
