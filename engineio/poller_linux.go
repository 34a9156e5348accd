package engineio

import (
	"io"
	"os"
	"sync"
	"syscall"
)

const (
	// harvest is how many sockets one look at the kernel tells of at most.
	harvest = 128
	// idleWorkers is how many workers are kept that have nothing to do.
	idleWorkers = 4
)

// poller reads the WebSockets of which something has come, so that one that is
// quiet holds neither a goroutine nor a buffer. Its workers take turns: one
// waits for the kernel, the others serve. A worker that serves may be kept as
// long as the application likes: another one takes the turn meanwhile.
type poller struct {
	tasks *tasks

	mu     sync.Mutex
	come   sync.Cond // an idle worker is wanted
	epfd   int
	ep     *os.File // of epfd; nil until the first socket is parked
	raw    syscall.RawConn
	failed bool      // no epoll to be had, or closed: nothing is parked
	byFD   []*socket // registered
	ready  []*socket // to be read
	head   int       // ready[head:] waits

	polling bool // a worker waits for the kernel
	idle    int  // workers that wait for come
	coming  int  // workers on their way to next
}

func newPoller(tasks *tasks) *poller {
	p := &poller{tasks: tasks}
	p.come.L = &p.mu
	return p
}

// serves says whether a socket can be left to the poller.
func (p *poller) serves(s *socket) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return s.raw != nil && !p.failed
}

// add has a socket read by a worker.
func (p *poller) add(s *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ready = append(p.ready, s)
	p.ensure()
}

// ensure sees to it that somebody goes on. Called with mu held.
func (p *poller) ensure() {
	if p.coming > 0 || p.polling && p.head == len(p.ready) {
		return
	}
	p.coming++
	if p.idle > 0 {
		p.idle--
		p.come.Signal()
		return
	}
	p.tasks.start(p.work)
}

// work is a worker's goroutine.
func (p *poller) work() {
	w := newWorker()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.coming--
	for {
		s := p.next(w)
		if s == nil {
			return
		}
		p.mu.Unlock()
		s.owner.readPackets(s, w)
		p.mu.Lock()
	}
}

// next is the next socket to read; nil ends the worker. Called with mu held.
func (p *poller) next(w *worker) *socket {
	for {
		switch {
		case p.head < len(p.ready):
			s := p.ready[p.head]
			p.ready[p.head] = nil
			if p.head++; p.head == len(p.ready) {
				p.ready, p.head = p.ready[:0], 0
			}
			p.ensure()
			return s
		case p.failed || p.ep == nil:
			return nil
		case !p.polling:
			p.polling = true
			p.mu.Unlock()
			n := w.wait(p.raw)
			p.mu.Lock()
			p.polling = false
			for _, e := range w.events[:n] {
				p.stir(p.byFD[e.Fd], e.Events)
			}
		case p.idle < idleWorkers:
			p.idle++
			p.come.Wait()
			p.coming--
		default:
			return nil
		}
	}
}

// stir acts on what the kernel tells of a socket. Called with mu held.
func (p *poller) stir(s *socket, events uint32) {
	if s == nil {
		return
	}
	if events&(syscall.EPOLLRDHUP|syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
		// The end may have come together with the last bytes: a read that took
		// all of these doesn't show it, and the kernel won't tell again.
		s.ending.Store(true)
	}
	if s.stir() {
		p.ready = append(p.ready, s)
	}
}

// park has s wait for its next bytes without a goroutine, or returns false if
// it must be read on. Everything that the caller has read must be used. After
// true, s is no longer the caller's.
func (p *poller) park(s *socket) bool {
	first := !s.registered
	s.registered = true
	if !s.rest() {
		s.registered = !first
		return false
	}
	if !first || p.register(s) {
		return true
	}
	s.stays = true
	s.stir()
	return false
}

// wake has a parked socket read though nothing has come: it has been closed.
func (p *poller) wake(s *socket) {
	if s.stir() {
		p.add(s)
	}
}

// register has the kernel tell of everything that comes, once.
func (p *poller) register(s *socket) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed || p.ep == nil && !p.open() {
		return false
	}
	var failed error
	err := s.raw.Control(func(fd uintptr) {
		for int(fd) >= len(p.byFD) {
			p.byFD = append(p.byFD, nil)
		}
		p.byFD[fd] = s
		event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | edgeTriggered, Fd: int32(fd)}
		failed = syscall.EpollCtl(p.epfd, syscall.EPOLL_CTL_ADD, int(fd), &event)
	})
	p.ensure()
	return err == nil && failed == nil
}

// edgeTriggered is EPOLLET, which package syscall has with the wrong sign.
const edgeTriggered = 1 << 31

// open makes the epoll instance. It is itself polled by Go's runtime, so that
// waiting for it holds no thread.
func (p *poller) open() bool {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	if err == nil {
		p.epfd, p.ep = fd, os.NewFile(uintptr(fd), "epoll")
		p.raw, err = p.ep.SyscallConn()
	}
	p.failed = err != nil
	return err == nil
}

// forget is called before s is closed: its number may be another's then.
func (p *poller) forget(s *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.fd < len(p.byFD) && p.byFD[s.fd] == s {
		p.byFD[s.fd] = nil
	}
}

// close ends the workers that serve nobody.
func (p *poller) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = true
	p.coming += p.idle
	p.idle = 0
	p.come.Broadcast()
	if p.ep != nil {
		p.ep.Close()
	}
}

// worker is what a worker needs to read without waiting, bound once so that
// reading allocates nothing.
type worker struct {
	events [harvest]syscall.EpollEvent
	poll   func(fd uintptr) bool
	read   func(fd uintptr)
	into   []byte
	n      int
	err    error
}

func newWorker() *worker {
	w := &worker{}
	w.poll = func(fd uintptr) bool {
		for {
			w.n, w.err = epollNow(int(fd), w.events[:])
			if w.err != syscall.EINTR {
				return w.n != 0
			}
		}
	}
	w.read = func(fd uintptr) { w.n, w.err = readNow(int(fd), w.into) }
	return w
}

// wait waits until something has come; 0: the poller has been closed.
func (w *worker) wait(ep syscall.RawConn) int {
	if ep.Read(w.poll) != nil || w.err != nil {
		return 0
	}
	return w.n
}

// readFrom reads what has come, or fails with errWouldBlock.
func (w *worker) readFrom(s *socket, p []byte) (int, error) {
	w.into, w.n, w.err = p, 0, nil
	// Not raw.Read, which readies a wait that never comes. Who reads is alone.
	err := s.raw.Control(w.read)
	w.into = nil
	if err == nil {
		err = w.err
	}
	return w.n, err
}

func readNow(fd int, p []byte) (int, error) {
	for {
		n, err := read(fd, p)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, errWouldBlock
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}
