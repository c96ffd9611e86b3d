package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Pair is a certificate and its key. It is safe for concurrent use.
type Pair struct {
	// Now is the time since a fixed moment. Tests may set it before the first use.
	Now func() time.Duration

	listener string // a label of the metrics: "public", "admin" or "cluster"
	files    Files
	log      *slog.Logger
	current  atomic.Pointer[tls.Certificate]
	checked  atomic.Int64 // Now when the files were last checked

	loaded, failed atomic.Uint64

	mu      sync.Mutex // held while the files are read; guards everything below
	seen    stamp      // of the files when they were last read
	failing string     // the error of the last attempt; empty: it succeeded
}

// checkEvery is the least time between two checks of the files for handshakes.
const checkEvery = time.Second

// Load reads a pair for a listener. Its error names the file that is wrong.
func Load(files Files, listener string, log *slog.Logger) (*Pair, error) {
	started := time.Now()
	p := &Pair{
		Now:      func() time.Duration { return time.Since(started) },
		listener: listener, files: files, log: log, seen: stampOf(files),
	}
	c, err := read(files)
	if err != nil {
		return nil, err
	}
	p.use(c)
	return p, nil
}

// read reads and checks a pair.
func read(files Files) (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		return nil, fmt.Errorf("TLS certificate %s with key %s: %w", files.Cert, files.Key, err)
	}
	if c.Leaf == nil {
		if c.Leaf, err = x509.ParseCertificate(c.Certificate[0]); err != nil {
			return nil, fmt.Errorf("TLS certificate %s: %w", files.Cert, err)
		}
	}
	return &c, nil
}

// Config returns a configuration of TLS 1.2 and later with the current certificate. It is for
// HTTP/1.1 only, as WebSockets are.
func (p *Pair) Config() *tls.Config {
	return &tls.Config{
		GetCertificate: p.certificate, MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"}, DynamicRecordSizingDisabled: true,
	}
}

// Listen returns a listener that speaks TLS over the connections of l.
func (p *Pair) Listen(l net.Listener) net.Listener { return tls.NewListener(l, p.Config()) }

// Listener returns the name of the listener that the pair is for.
func (p *Pair) Listener() string { return p.listener }

// Expires returns when the current certificate expires.
func (p *Pair) Expires() time.Time { return p.current.Load().Leaf.NotAfter }

// certificate returns the current certificate for a handshake. If the files have changed, one
// handshake a second reads them; others do not wait for that.
func (p *Pair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	now, last := int64(p.Now()), p.checked.Load()
	if now-last >= int64(checkEvery) && p.checked.CompareAndSwap(last, now) && p.mu.TryLock() {
		_, _ = p.reloadIfChanged() // it has logged the error
		p.mu.Unlock()
	}
	return p.current.Load(), nil
}

// Reload reads the files again if they have changed, and reports whether another certificate is
// used from now on. After an error the current one stays in use.
func (p *Pair) Reload() (changed bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reloadIfChanged()
}

// reloadIfChanged is Reload; mu is held. Files that could not be used are read again at each check,
// as they may have been incomplete, but an error is logged and counted once until it changes.
func (p *Pair) reloadIfChanged() (changed bool, err error) {
	now := stampOf(p.files)
	if p.failing == "" && now.same(p.seen) {
		return false, nil
	}
	c, err := read(p.files)
	if err != nil {
		p.fail(err, !now.same(p.seen))
		p.seen = now
		return false, err
	}
	p.seen, p.failing = now, ""
	if slices.EqualFunc(c.Certificate, p.current.Load().Certificate, bytes.Equal) {
		return false, nil
	}
	p.use(c)
	p.loaded.Add(1)
	p.log.Info("TLS certificate reloaded", slog.String("listener", p.listener),
		slog.Time("expires", c.Leaf.NotAfter), slog.Any("names", names(c.Leaf)))
	return true, nil
}

// fail records an error of a reload; mu is held.
func (p *Pair) fail(err error, changed bool) {
	if !changed && err.Error() == p.failing {
		return
	}
	p.failing = err.Error()
	p.failed.Add(1)
	p.log.Error("the new TLS certificate cannot be used: the one before stays in use",
		slog.String("listener", p.listener), slog.String("reason", err.Error()),
		slog.Time("expires", p.Expires()))
}

// use makes c the current certificate.
func (p *Pair) use(c *tls.Certificate) {
	p.current.Store(c)
	if now := time.Now(); now.After(c.Leaf.NotAfter) {
		p.log.Warn("the TLS certificate has expired: clients will refuse it",
			slog.String("listener", p.listener), slog.Time("expired", c.Leaf.NotAfter))
	} else if now.Before(c.Leaf.NotBefore) {
		p.log.Warn("the TLS certificate is not valid yet: clients will refuse it",
			slog.String("listener", p.listener), slog.Time("begins", c.Leaf.NotBefore))
	}
}

// names returns what a certificate is for.
func names(leaf *x509.Certificate) (names []string) {
	names = append(names, leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}
