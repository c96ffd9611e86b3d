package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
)

// tls measures what TLS costs: the memory of idle connections, and the processor of a busy room.
func (b *bench) tls(ctx context.Context) ([]table.Row, error) {
	roots, err := b.secure()
	if err != nil {
		return nil, err
	}
	secured := peer{
		name: "civic-realtime with TLS", dialect: ours.dialect,
		command: func(b *bench, dir string) []string { return b.serve(dir, b.secured) },
		tls:     &tls.Config{RootCAs: roots},
	}
	rows, err := b.idleOf(ctx, secured, "idle connections over TLS", 10)
	if err != nil {
		return rows, err
	}
	shape := load.Shape{Rooms: 1, Clients: 200, Writers: 20}
	pace := load.Pace{Updates: 10, For: b.runs, Patience: drain}
	var costs [2]float64
	for i, p := range []peer{ours, secured} {
		m, err := b.measure(ctx, p, shape, pace)
		if err = errors.Join(err, m.state); err != nil {
			return rows, fmt.Errorf("%s: %w", p.name, err)
		}
		costs[i] = m.per()
	}
	return append(rows, table.New("200 clients, 20 write 10 updates a second, TLS",
		fmt.Sprintf("%.2f µs of CPU for each update delivered, without TLS %.2f", costs[1], costs[0]),
		"≤ 2 times", costs[1] <= 2*costs[0])), nil
}

// secure writes a certificate and a configuration file with TLS, and returns what clients trust.
func (b *bench) secure() (roots *x509.CertPool, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	cert, keyFile := filepath.Join(b.dir, "cert.pem"), filepath.Join(b.dir, "key.pem")
	b.secured = filepath.Join(b.dir, "tls.yml")
	config := fmt.Sprintf("realtime: {tls: {cert_file: %s, key_file: %s}}\n", cert, keyFile)
	roots = x509.NewCertPool()
	roots.AddCert(leaf)
	return roots, errors.Join(
		writePEM(cert, "CERTIFICATE", der), writePEM(keyFile, "PRIVATE KEY", secret),
		os.WriteFile(b.secured, []byte(config), 0o600))
}

func writePEM(name, kind string, der []byte) error {
	return os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
