package netpoll

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// testCertificate is for any name; clients of these tests do not check it.
var testCertificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

// wireConn is the client's TCP connection, with which a test can cut its records to pieces.
type wireConn struct {
	net.Conn
	write func(net.Conn, []byte) error // nil: writes are passed on
}

func (w *wireConn) Write(p []byte) (int, error) {
	if w.write == nil {
		return w.Conn.Write(p)
	}
	return len(p), w.write(w.Conn, p)
}

// addTLS returns a watched connection of the pollers over TLS. far is the client's end.
func addTLS(t *testing.T, ps *Pollers, version uint16, maxSend int) (o *owner, far *tls.Conn, wire *wireConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o = &owner{ended: make(chan struct{}), waits: make(chan struct{}, 1000)}
	tcp, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tcp.Close() })
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if maxSend > 0 {
		near.(*net.TCPConn).SetWriteBuffer(maxSend)
	}
	wire = &wireConn{Conn: tcp}
	far = tls.Client(wire, &tls.Config{InsecureSkipVerify: true, MaxVersion: version})
	o.far = far
	secure := OverTLS(near, &tls.Config{
		Certificates: []tls.Certificate{testCertificate()}, DynamicRecordSizingDisabled: true,
	})
	shaken := make(chan error, 1)
	go func() { shaken <- far.Handshake() }()
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-shaken; err != nil {
		t.Fatal(err)
	}
	o.conn = ps.Add(o, &o.lock, secure)
	if o.conn.(*pollConn).secure == nil {
		t.Fatal("it is not polled")
	}
	o.do(o.conn.Watch)
	return o, far, wire
}

var tlsVersions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// TestTLSRecordsInPieces shows that records are read however they are cut, and several at a time.
func TestTLSRecordsInPieces(t *testing.T) {
	for name, version := range tlsVersions {
		t.Run(name, func(t *testing.T) {
			ps := New(fastTicks{})
			o, far, wire := addTLS(t, ps, version, 0)
			var held bytes.Buffer
			wire.write = func(c net.Conn, p []byte) error {
				for i := range p {
					if _, err := c.Write(p[i : i+1]); err != nil {
						return err
					}
				}
				return nil
			}
			o.send(t, "byte by byte")
			wire.write = func(_ net.Conn, p []byte) error { held.Write(p); return nil }
			var want bytes.Buffer
			for i := range 500 {
				text := bytes.Repeat([]byte{byte(i)}, 1+i*7%400)
				want.Write(text)
				if _, err := far.Write(text); err != nil {
					t.Fatal(err)
				}
			}
			all := held.Bytes() // with half a record at the end of the first part
			for _, part := range [][]byte{all[:len(all)/2+3], all[len(all)/2+3:]} {
				if _, err := wire.Conn.Write(part); err != nil {
					t.Fatal(err)
				}
			}
			until(t, "all records are received", func() (same bool) {
				o.do(func() { same = bytes.Equal(o.got, want.Bytes()) })
				return same
			})
			end(ps, o)
		})
	}
}

// pausing is a Handler that stops reading after each Receive.
type pausing struct{ *owner }

func (p pausing) Receive(b []byte) int {
	p.conn.Unwatch()
	return p.owner.Receive(b)
}

// TestTLSPauses shows that records that crypto/tls holds when reading stops are received when it
// goes on, though the kernel does not report them again.
func TestTLSPauses(t *testing.T) {
	ps := New(fastTicks{})
	o, far, wire := addTLS(t, ps, 0, 0)
	o.do(func() { o.conn.(*pollConn).handler = pausing{o} })
	var held bytes.Buffer
	wire.write = func(_ net.Conn, p []byte) error { held.Write(p); return nil }
	const records = 12 // all of them fit into the buffer of crypto/tls
	for range records {
		if _, err := far.Write([]byte("record")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := wire.Conn.Write(held.Bytes()); err != nil {
		t.Fatal(err)
	}
	for i := range records {
		until(t, "one more is received", func() (one bool) {
			o.do(func() { one = len(o.got) == (i+1)*len("record") && o.conn.(*pollConn).in == setNone })
			return one
		})
		if unread := o.conn.Unread(); unread != (i < records-1) && !unread {
			t.Errorf("after %d records the others count as read", i+1)
		}
		o.do(o.conn.Watch)
	}
	end(ps, o)
}

// readAllOf reads n bytes of a client.
func readAllOf(far io.Reader, n int) chan error {
	done := make(chan error, 1)
	go func() {
		_, err := io.CopyN(io.Discard, far, int64(n))
		done <- err
	}()
	return done
}

// TestTLSWriteWaits shows that a Write to a slow client waits as one without TLS does, that the
// client is read meanwhile, and that nothing is lost.
func TestTLSWriteWaits(t *testing.T) {
	ps := New(fastTicks{})
	o, far, _ := addTLS(t, ps, 0, 4<<10)
	const size = 8 << 20
	text := make([]byte, size)
	rand.Read(text)
	written := make(chan error, 1)
	go func() { written <- o.conn.Write(text) }()
	<-o.waits
	o.send(t, "still read")
	got := make([]byte, size)
	if _, err := io.ReadFull(far, got); err != nil || !bytes.Equal(got, text) {
		t.Fatalf("%v, or other bytes", err)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	o.do(func() { // so that the write is over before the end, for the race detector, too
		if s := o.conn.(*pollConn).secure; s.unsent != nil || s.flushes {
			t.Error("something is left to be sent")
		}
	})
	end(ps, o)
}

// TestTLSStalled shows that Unblock ends a Write if the client takes nothing, and not if it does.
func TestTLSStalled(t *testing.T) {
	ps := New(fastTicks{})
	o, far, _ := addTLS(t, ps, 0, 4<<10)
	const size = 8 << 20
	written := make(chan error, 1)
	go func() { written <- o.conn.Write(make([]byte, size)) }()
	<-o.waits
	o.conn.Unblock() // it is not stalled
	if err := <-readAllOf(far, size); err != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	go func() { written <- o.conn.Write(make([]byte, size)) }()
	<-o.waits
	o.stalled = true
	for waiting := true; waiting; {
		o.conn.Unblock()
		select {
		case err := <-written:
			if waiting = false; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%v", err)
			}
		default:
		}
	}
	o.do(func() {
		if err := o.conn.Write([]byte("more")); err == nil {
			t.Error("a record follows half a record")
		}
	})
	end(ps, o)
}

// shutdown ends the connection, with a Write in it. The Conn is closed after that, as a Conn must
// not be closed during a Write.
func (o *owner) shutdown(t *testing.T, written chan error) {
	t.Helper()
	o.do(o.conn.Unwatch)
	o.conn.Shutdown()
	if err := <-written; err == nil {
		t.Error("it is written")
	}
	o.do(o.conn.Watch)
}

// TestTLSShutdown shows that Shutdown ends a Write that waits.
func TestTLSShutdown(t *testing.T) {
	ps := New(fastTicks{})
	o, _, _ := addTLS(t, ps, 0, 4<<10)
	written := make(chan error, 1)
	go func() { written <- o.conn.Write(make([]byte, 8<<20)) }()
	<-o.waits
	o.shutdown(t, written)
	end(ps, o)
}

// TestTLSCloseNotify shows that CloseWrite sends the client the alert that ends the stream, and
// that the client's ends the connection.
func TestTLSCloseNotify(t *testing.T) {
	for name, version := range tlsVersions {
		t.Run(name, func(t *testing.T) {
			ps := New(fastTicks{})
			o, far, wire := addTLS(t, ps, version, 0)
			if err := o.conn.Write([]byte("last")); err != nil {
				t.Fatal(err)
			}
			o.conn.CloseWrite()
			if got, err := io.ReadAll(far); err != nil || string(got) != "last" { // without the alert: unexpected EOF
				t.Errorf("%q, %v", got, err)
			}
			o.send(t, "the other direction is open")
			if err := far.CloseWrite(); err != nil { // the TCP connection stays
				t.Fatal(err)
			}
			<-o.ended
			wire.Conn.Close()
			ps.Close()
		})
	}
}

// TestTLSGarbage shows that bytes that are no records end their connection, and no other.
func TestTLSGarbage(t *testing.T) {
	for name, garbage := range map[string]string{
		"plain text":       "GET / HTTP/1.1\r\n\r\n",
		"no such record":   "\x99\x03\x03\x00\x01\x00",
		"long record":      "\x17\x03\x03\xff\xff",
		"forged record":    "\x17\x03\x03\x00\x20" + "01234567890123456789012345678901",
		"another hello":    "\x16\x03\x03\x00\x04\x01\x00\x00\x00",
		"change of cipher": "\x14\x03\x03\x00\x02\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			ps := New(fastTicks{})
			other, _, _ := addTLS(t, ps, tls.VersionTLS12, 0)
			for _, version := range tlsVersions {
				o, _, wire := addTLS(t, ps, version, 0)
				if _, err := io.WriteString(wire.Conn, garbage); err != nil {
					t.Fatal(err)
				}
				<-o.ended
			}
			other.send(t, "it is still there")
			end(ps, other)
		})
	}
}

// TestTLSAlertsAreBounded shows that a client that reads nothing cannot make the server keep
// answers to key updates without bound, nor hold its poller up.
func TestTLSAlertsAreBounded(t *testing.T) {
	ps := New(fastTicks{})
	o, _, _ := addTLS(t, ps, 0, 4<<10)
	s := o.conn.(*pollConn).secure
	written := make(chan error, 1)
	go func() { written <- o.conn.Write(make([]byte, 8<<20)) }()
	<-o.waits
	var err error
	kept := 0
	for err == nil { // as crypto/tls does for a key update
		_, err = s.Write(make([]byte, 100))
		s.mu.Lock()
		kept = max(kept, len(s.unsent))
		s.mu.Unlock()
	}
	if kept > maxUnsent {
		t.Errorf("%d bytes are kept", kept)
	}
	o.shutdown(t, written)
	end(ps, o)
}

// TestTLSIdleMemory shows that an idle connection gives back the buffers of crypto/tls, and that
// this version of crypto/tls has them where they are looked for.
func TestTLSIdleMemory(t *testing.T) {
	if len(tlsBuffers) != 2 {
		t.Fatalf("%d buffers are found", len(tlsBuffers))
	}
	ps := New(fastTicks{})
	o, _, _ := addTLS(t, ps, 0, 0)
	long := string(bytes.Repeat([]byte("long"), 50_000))
	o.send(t, long)
	o.send(t, "short")
	until(t, "nothing large is kept", func() (small bool) {
		o.do(func() { small = bufferedBy(o.conn.(*pollConn).secure.tls) <= 2*keptRecord })
		return small
	})
	end(ps, o)
}

// TestTLSAllocs shows that a write of any size to a client that keeps up allocates nothing.
func TestTLSAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("pools forget at random under the race detector")
	}
	ps := New(fastTicks{})
	o, _, wire := addTLS(t, ps, 0, 0)
	go func() { // takes the records as they are, without memory of its own
		buf := make([]byte, 64<<10)
		for {
			if _, err := wire.Conn.Read(buf); err != nil {
				return
			}
		}
	}()
	for _, size := range []int{60, 1000, 20_000} {
		text := make([]byte, size)
		if n := testing.AllocsPerRun(200, func() { _ = o.conn.Write(text) }); n != 0 {
			t.Errorf("%d bytes: %v allocations", size, n)
		}
	}
	end(ps, o)
}
