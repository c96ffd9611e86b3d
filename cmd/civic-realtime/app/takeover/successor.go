package takeover

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// Predecessor is the running server that is taken over from.
type Predecessor struct {
	// PID is its process id.
	PID int
	// Sockets are the sockets that it serves. They belong to the caller.
	Sockets []Socket

	peer
}

// Ask asks the server that has the data directory dir for its sockets. It returns nil if none runs.
// Nothing has happened to that server yet.
func Ask(dir string) (*Predecessor, error) {
	p := new(Predecessor)
	err := at(dir, func(path string) (err error) {
		p.conn, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		return err
	})
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the running server cannot be asked: %w", err)
	}
	if err := p.receiveOffer(); err != nil {
		_ = p.conn.Close()
		return nil, fmt.Errorf("the running server hands nothing over: %w", err)
	}
	return p, nil
}

func (p *Predecessor) receiveOffer() error {
	unsent := p.send(message{Version: version, PID: os.Getpid()}) // it may have refused already
	var rights []byte
	offer, err := p.receive(patience, &rights)
	switch {
	case err != nil:
		return firstError(unsent, err)
	case offer.Error != "":
		return errors.New(offer.Error)
	case offer.Version != version:
		return fmt.Errorf("it speaks version %d of the takeover protocol, and not %d",
			offer.Version, version)
	}
	listeners, err := listenersOf(rights)
	if err == nil && len(listeners) != len(offer.Sockets) {
		err = fmt.Errorf("%d sockets came, of %d", len(listeners), len(offer.Sockets))
	}
	for i, l := range listeners {
		if err != nil {
			_ = l.Close()
			continue
		}
		info := offer.Sockets[i]
		p.Sockets = append(p.Sockets, Socket{info.Name, l, info.Kept})
	}
	p.PID = offer.PID
	return err
}

// Begin asks the predecessor to close its clients and its store, and waits until it has. If lost is
// not nil, it could not store everything that it had received. If it dies meanwhile the store is
// free, too; Begin then returns as if it had been released.
func (p *Predecessor) Begin() (lost error) {
	if p.send(message{Begin: true}) != nil {
		return errDied
	}
	m, err := p.receive(0, nil)
	switch {
	case err != nil:
		return errDied
	case m.Error != "":
		return errors.New(m.Error)
	}
	return nil
}

var errDied = errors.New("it ended before it had closed the store")

// Ready tells the predecessor that this process serves, so that it ends.
func (p *Predecessor) Ready() error {
	defer p.conn.Close()
	return p.send(message{Ready: true})
}

// Close gives up. If Begin was called, the predecessor serves again.
func (p *Predecessor) Close() error { return p.conn.Close() }
