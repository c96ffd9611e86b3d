package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var serial atomic.Int64

// write writes a new certificate with its key to files.
func write(t *testing.T, files Files, expires time.Time) (number int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	number = serial.Add(1)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(number), NotAfter: expires, DNSNames: []string{"town.example"},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		files.Cert: {Type: "CERTIFICATE", Bytes: der}, files.Key: {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(name+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	return number
}

func newFiles(t *testing.T) Files {
	dir := t.TempDir()
	return Files{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
}

// load returns a Pair, with a clock that the caller moves, and its log.
func load(t *testing.T, files Files) (p *Pair, clock *atomic.Int64, log *bytes.Buffer) {
	t.Helper()
	log, clock = new(bytes.Buffer), new(atomic.Int64)
	p, err := Load(files, "public", slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	p.Now = func() time.Duration { return time.Duration(clock.Load()) }
	return p, clock, log
}

// serialOf makes a handshake with the pair, and returns the number of the certificate.
func serialOf(t *testing.T, p *Pair, clientConfig *tls.Config) (int64, error) {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	server := tls.Server(near, p.Config())
	go server.Handshake()
	client := tls.Client(far, clientConfig)
	defer far.Close()
	if err := client.Handshake(); err != nil {
		return 0, err
	}
	return client.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

func (p *Pair) mustServe(t *testing.T, number int64) {
	t.Helper()
	got, err := serialOf(t, p, &tls.Config{InsecureSkipVerify: true})
	if err != nil || got != number {
		t.Errorf("certificate %d, want %d: %v", got, number, err)
	}
}

func metricsOf(p *Pair) string {
	var text strings.Builder
	WriteMetrics(&text, p)
	return text.String()
}

// TestReloadAtHandshakes shows that a handshake uses files that have changed, at most a second
// later, and that the expiry is reported.
func TestReloadAtHandshakes(t *testing.T) {
	files, soon, later := newFiles(t), time.Unix(4_000_000_000, 0), time.Unix(4_100_000_000, 0)
	first := write(t, files, soon)
	p, clock, log := load(t, files)
	p.mustServe(t, first)
	if text := metricsOf(p); !strings.Contains(text, `seconds{listener="public"} 4000000000`) {
		t.Error(text)
	}
	second := write(t, files, later)
	clock.Add(int64(checkEvery) - 1)
	p.mustServe(t, first)
	clock.Add(1)
	p.mustServe(t, second)
	text := metricsOf(p)
	if !strings.Contains(text, `seconds{listener="public"} 4100000000`) || !strings.Contains(text, `outcome="ok"} 1`) {
		t.Error(text)
	}
	if !strings.Contains(log.String(), "TLS certificate reloaded") || !strings.Contains(log.String(), "town.example") {
		t.Error(log)
	}
}

// TestBrokenPair shows that files that do not belong together, are damaged or missing leave the
// certificate in use, that this is logged and counted once for each error, and that files that are
// good again are used without further changes.
func TestBrokenPair(t *testing.T) {
	files, other := newFiles(t), newFiles(t)
	forever := time.Now().Add(time.Hour)
	first := write(t, files, forever)
	p, clock, log := load(t, files)
	next := func() { clock.Add(int64(checkEvery)) }
	write(t, other, forever)
	for name, breaks := range map[string]func() error{
		"another key": func() error { return os.Rename(other.Key, files.Key) },
		"no PEM":      func() error { return os.WriteFile(files.Cert, []byte("-----BEGIN"), 0o600) },
		"missing":     func() error { return os.Remove(files.Key) },
	} {
		if err := breaks(); err != nil {
			t.Fatal(name, err)
		}
		before := p.failed.Load()
		for range 3 {
			next()
			p.mustServe(t, first)
		}
		if n := p.failed.Load() - before; n != 1 {
			t.Errorf("%s: counted %d times", name, n)
		}
		if _, err := p.Reload(); err == nil {
			t.Errorf("%s: no error", name)
		}
		first = write(t, files, forever)
		next()
		p.mustServe(t, first)
		write(t, other, forever)
	}
	if n := strings.Count(log.String(), "cannot be used"); n != 3 {
		t.Errorf("logged %d times:\n%s", n, log)
	}
	if strings.Contains(log.String(), "PRIVATE") {
		t.Error("the key is logged")
	}
}

// TestReloadSymlinks shows that files are noticed that are replaced by another target of a link, as
// Kubernetes does, and that Reload says whether there is another certificate.
func TestReloadSymlinks(t *testing.T) {
	dir := t.TempDir()
	at := func(version string) Files {
		return Files{filepath.Join(dir, version, "cert.pem"), filepath.Join(dir, version, "key.pem")}
	}
	numbers := map[string]int64{}
	for _, version := range []string{"1", "2"} {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		numbers[version] = write(t, at(version), time.Now().Add(time.Hour))
	}
	point := func(version string) {
		link := filepath.Join(dir, "..data")
		if err := errors.Join(os.Symlink(version, link+"2"), os.Rename(link+"2", link)); err != nil {
			t.Fatal(err)
		}
	}
	point("1")
	p, _, _ := load(t, at("..data"))
	if changed, err := p.Reload(); changed || err != nil {
		t.Errorf("nothing has changed: %v, %v", changed, err)
	}
	point("2")
	if changed, err := p.Reload(); !changed || err != nil {
		t.Errorf("%v, %v", changed, err)
	}
	p.mustServe(t, numbers["2"])
}

// TestReloadUnderLoad shows that no handshake fails while the files change.
func TestReloadUnderLoad(t *testing.T) {
	files := newFiles(t)
	write(t, files, time.Now().Add(time.Hour))
	p, clock, _ := load(t, files)
	var clients sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				clock.Add(int64(checkEvery))
				if _, err := serialOf(t, p, &tls.Config{InsecureSkipVerify: true}); err != nil {
					t.Errorf("%v", err)
					return
				}
			}
		})
	}
	var last int64
	for range 20 {
		last = write(t, files, time.Now().Add(time.Hour))
	}
	close(done)
	clients.Wait()
	clock.Add(int64(checkEvery))
	p.mustServe(t, last)
}

// TestLoadErrors shows that errors name the file, and that a certificate that has expired is used,
// with a warning.
func TestLoadErrors(t *testing.T) {
	files, log := newFiles(t), slog.New(slog.DiscardHandler)
	if _, err := Load(files, "public", log); err == nil || !strings.Contains(err.Error(), files.Cert) {
		t.Errorf("%v", err)
	}
	if err := (Files{Cert: "a"}).Check(); err != ErrHalf {
		t.Errorf("%v", err)
	}
	if err := (Files{}).Check(); err != nil {
		t.Errorf("%v", err)
	}
	write(t, files, time.Now().Add(-time.Hour))
	if _, _, log := load(t, files); !strings.Contains(log.String(), "has expired") {
		t.Error(log)
	}
}

// TestConfig shows what is offered to clients: TLS 1.2 and 1.3, HTTP/1.1, session tickets.
func TestConfig(t *testing.T) {
	files := newFiles(t)
	write(t, files, time.Now().Add(time.Hour))
	p, _, _ := load(t, files)
	for _, test := range []struct {
		client *tls.Config
		ok     bool
	}{
		{&tls.Config{MaxVersion: tls.VersionTLS12}, true},
		{&tls.Config{MinVersion: tls.VersionTLS13}, true},
		{&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{&tls.Config{NextProtos: []string{"h2", "http/1.1"}}, true},
		{&tls.Config{NextProtos: []string{"h2"}}, false},
	} {
		test.client.InsecureSkipVerify = true
		if _, err := serialOf(t, p, test.client); (err == nil) != test.ok {
			t.Errorf("%v: %v", test.client.NextProtos, err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secure := p.Listen(l)
	defer secure.Close()
	go func() {
		for c, err := secure.Accept(); err == nil; c, err = secure.Accept() {
			go func() { c.Write([]byte("hello")); c.Close() }()
		}
	}()
	cache := tls.NewLRUClientSessionCache(1)
	for i := range 2 {
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true, ClientSessionCache: cache, ServerName: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(c); string(got) != "hello" { // and the ticket
			t.Errorf("%q", got)
		}
		if state := c.ConnectionState(); state.DidResume != (i == 1) || state.NegotiatedProtocol != "" {
			t.Errorf("connection %d: resumed %v", i, state.DidResume)
		}
		c.Close()
	}
}

// TestPinned shows that clients on the machine accept the certificate in the file, and no other.
func TestPinned(t *testing.T) {
	files, other := newFiles(t), newFiles(t)
	number := write(t, files, time.Now().Add(time.Hour))
	write(t, other, time.Now().Add(time.Hour))
	p, _, _ := load(t, files)
	if got, err := serialOf(t, p, Pinned(files.Cert)); got != number || err != nil {
		t.Errorf("%d, %v", got, err)
	}
	if _, err := serialOf(t, p, Pinned(other.Cert)); !errors.Is(err, ErrOther) {
		t.Errorf("%v", err)
	}
	if _, err := serialOf(t, p, Pinned("/nowhere")); err == nil {
		t.Error("accepted without a file")
	}
}
