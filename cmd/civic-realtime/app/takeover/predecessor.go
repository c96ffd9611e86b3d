package takeover

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Offers answers the processes that ask to take over from this one.
type Offers struct {
	path     string
	listener *net.UnixListener
	log      *slog.Logger
	sockets  []Socket

	mu     sync.Mutex    // guards the rest
	asking *net.UnixConn // of a process that has asked, and not begun; or nil
	begun  bool          // a process takes over; there is no other
	closed bool
}

// Listen makes the socket in the data directory dir, whose store the caller has locked: a socket
// that is there is that of a process that has ended. sockets are those that are offered; they stay
// the caller's.
func Listen(dir string, sockets []Socket, log *slog.Logger) (*Offers, error) {
	path := filepath.Join(dir, SocketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	o := &Offers{path: path, log: log, sockets: sockets}
	err := at(dir, func(short string) (err error) {
		o.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, err
	}
	o.listener.SetUnlinkOnClose(false) // short may be another file by then
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// Close removes the socket, unless a process takes over already. A process that has asked and not
// begun gets nothing. Close must be called before the store is unlocked.
func (o *Offers) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.begun || o.closed {
		return nil
	}
	o.closed = true
	if o.asking != nil {
		_ = o.asking.Close()
	}
	return o.remove()
}

func (o *Offers) remove() error {
	err := os.Remove(o.path)
	return errors.Join(o.listener.Close(), err)
}

// Await waits until a process is about to take over, and removes the socket: there is one
// successor. It returns nil after Close. Processes that fail before that are logged.
func (o *Offers) Await() *Successor {
	for {
		conn, err := o.listener.AcceptUnix()
		if err != nil || !o.ask(conn) {
			return nil
		}
		s := &Successor{peer: peer{conn: conn}}
		err = s.offer(o.sockets)
		if err == nil && o.begin() {
			return s
		}
		_ = conn.Close()
		if err != nil {
			o.log.Warn("takeover refused, or given up before it began",
				slog.String("reason", err.Error()))
		}
	}
}

// ask notes the process that asks. It returns false after Close.
func (o *Offers) ask(conn *net.UnixConn) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		_ = conn.Close()
		return false
	}
	o.asking = conn
	return true
}

// begin makes the process that asks the successor. It returns false after Close.
func (o *Offers) begin() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	if o.begun = true; o.remove() != nil {
		o.log.Debug("the socket for takeovers was removed already")
	}
	return true
}

// Successor is the process that takes over.
type Successor struct {
	// PID is its process id.
	PID int

	peer
}

// beginPatience is how long a successor may take from the offer until it begins. It reads its
// configuration before it asks, and may fetch keys between the two.
const beginPatience = time.Minute

// offer sends the sockets to the process, and waits until it begins.
func (s *Successor) offer(sockets []Socket) error {
	if err := checkUser(s.conn); err != nil {
		return s.refuse(err)
	}
	hello, err := s.receive(patience, nil)
	if err != nil {
		return err
	}
	if hello.Version != version {
		return s.refuse(fmt.Errorf("the running server hands over by version %d of the takeover "+
			"protocol, and the new one asks by version %d: stop the one and start the other",
			version, hello.Version))
	}
	s.PID = hello.PID
	m := message{Version: version, PID: os.Getpid()}
	for _, socket := range sockets {
		m.Sockets = append(m.Sockets, socketInfo{socket.Name, socket.Kept})
	}
	err = withRights(sockets, nil, func(rights []byte) error { return s.sendWith(m, rights) })
	if err != nil {
		return s.refuse(err)
	}
	begin, err := s.receive(beginPatience, nil)
	if err != nil {
		return err
	}
	if !begin.Begin {
		return s.refuse(errors.New("an unexpected message"))
	}
	return nil
}

// refuse tells the process why it cannot take over, and returns why.
func (s *Successor) refuse(why error) error {
	_ = s.send(message{Error: why.Error()})
	return why
}

// Release tells the process that the store is closed. lost is what could not be stored, nil if
// everything was.
func (s *Successor) Release(lost error) error {
	m := message{Released: true}
	if lost != nil {
		m.Error = lost.Error()
	}
	return s.send(m)
}

// Await waits until the process serves. An error says that it has ended before that. Close ends
// the wait.
func (s *Successor) Await() error {
	m, err := s.receive(0, nil)
	if err == nil && !m.Ready {
		err = errors.New("an unexpected message")
	}
	return err
}

// Close ends the connection.
func (s *Successor) Close() error { return s.conn.Close() }
