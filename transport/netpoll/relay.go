package netpoll

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// Relay passes bytes between a client and a server of ours, both ways, until both directions have
// ended, or a connection fails, or Abort is called. What one end sends waits in the kernel while
// the other end takes nothing. Its methods may be called from any goroutine.
type Relay struct {
	toServer, toClient direction
	abort              func()
}

// direction counts what is passed to one of the ends.
type direction struct {
	bytes atomic.Uint64 // passed, without TLS
	taken atomic.Uint32 // how often the end has taken bytes; modulo 2³²
	waits atomic.Bool   // bytes wait for the end to take them
	over  atomic.Bool   // no more bytes will come
}

// Progress is the state of one direction of a Relay.
type Progress struct {
	Bytes uint64 // passed, without TLS
	Taken uint32 // changes whenever the receiving end takes bytes
	Waits bool   // bytes wait for the receiving end
	Over  bool   // the sending end will send no more
}

// Abort ends the relay. It may be called after its end.
func (r *Relay) Abort() { r.abort() }

// Progress returns the states of both directions.
func (r *Relay) Progress() (toServer, toClient Progress) {
	return r.toServer.progress(), r.toClient.progress()
}

func (d *direction) progress() Progress {
	return Progress{d.bytes.Load(), d.taken.Load(), d.waits.Load(), d.over.Load()}
}

// relayChunk is how many bytes a relay reads at a time. So many wait at most for a server that
// takes nothing; for a client, mux.Window and what TLS adds.
const relayChunk = 16 << 10

// newGoRelay returns a Relay with two goroutines.
func newGoRelay(client, server net.Conn, ended func(*Relay)) *Relay {
	var once sync.Once
	r := &Relay{abort: func() {
		once.Do(func() {
			_ = socketOf(client).Close()
			_ = socketOf(server).Close()
		})
	}}
	var both sync.WaitGroup
	both.Go(func() { r.copy(server, client, &r.toServer) })
	both.Go(func() { r.copy(client, server, &r.toClient) })
	go func() {
		both.Wait()
		r.abort()
		ended(r)
	}()
	return r
}

// copy passes everything in one direction.
func (r *Relay) copy(to, from net.Conn, d *direction) {
	buf := make([]byte, relayChunk)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			d.waits.Store(true)
			if _, failed := to.Write(buf[:n]); failed != nil {
				err = failed
			}
			d.took(n)
			d.waits.Store(false)
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			d.over.Store(true)
			closeWrite(to)
			return
		default:
			r.abort()
			return
		}
	}
}

// took counts bytes that were passed and taken.
func (d *direction) took(n int) {
	d.bytes.Add(uint64(n))
	d.taken.Add(1)
}
