package app

import (
	"cmp"
	"context"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/doctor"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/admin/place"
)

// Examine returns what package doctor checks of a configuration; err is the error of Load.
func (c *Config) Examine(err error) doctor.Subject {
	s := doctor.Subject{Warnings: c.Warnings(), ConfigFile: c.sources.File}
	for _, bad := range []error{err, c.CheckServer()} {
		if bad != nil {
			s.Errors = append(s.Errors, strings.Split(bad.Error(), "\n")...)
		}
	}
	c.examineSecrets(&s)
	if !c.enabled() {
		return s
	}
	c.examineStore(&s)
	c.examineTLS(&s)
	c.examineAPI(&s)
	c.examineHooks(&s)
	c.examineWebhooks(&s)
	c.examineRedis(&s)
	s.Listen = net.JoinHostPort(c.Host, strconv.Itoa(int(*c.Port)))
	if at, err := c.address(); err == nil {
		s.Loopback = at.IP.IsLoopback()
	}
	s.Proxies, s.Connections = len(c.proxies), c.number("limits.connections")
	if err == nil {
		c.examineMemory(&s)
	}
	return s
}

// examineMemory compares the limit with the caches and the messages that a server with it would
// allow.
func (c *Config) examineMemory(s *doctor.Subject) {
	ec, tc := engineConfig(*c), transportConfig(*c)
	c.Memory.fit(&ec, &tc)
	s.MemoryLimit = c.Memory.meter.Limit
	s.MemoryWanted = int64(cmp.Or(ec.SnapshotKeptBytes, engine.DefaultKeptBytes) +
		cmp.Or(ec.Drafts.KeptBytes, engine.DefaultKeptBytes) +
		cmp.Or(tc.UnfinishedBytes, transport.DefaultUnfinishedBytes))
}

// number returns the value of a key that counts.
func (c *Config) number(key string) (n int) {
	for _, v := range c.effective() {
		if v.Key == key {
			n, _ = strconv.Atoi(v.Text)
		}
	}
	return n
}

// privateFiles are the ends of the names of keys that name files with secrets.
var privateFiles = []string{
	"secret_file", "token_file", "password_file", ".key_file", "keys_file",
}

func (c *Config) examineSecrets(s *doctor.Subject) {
	for _, secret := range []struct{ key, value string }{
		{"auth.jwt.secret", c.Auth.JWT.Secret}, {"civicpress.secret", c.CivicPress.Secret},
		{"cluster.secret", c.Cluster.Secret},
	} {
		if secret.value != "" {
			s.Secrets = append(s.Secrets, doctor.Secret{
				Key: secret.key, Bytes: len(secret.value), Least: leastSecret,
			})
		}
	}
	for _, v := range c.effective() {
		private := slices.ContainsFunc(privateFiles, func(end string) bool {
			return strings.HasSuffix(v.Key, end)
		})
		if private && v.Text != "" {
			s.Files = append(s.Files, v.Text)
		}
	}
	for _, v := range c.effective() {
		if v.Secret && v.Origin.Line > 0 { // the secret itself is in the file
			s.Files = append(s.Files, v.Origin.Name)
			break
		}
	}
}

// examineTLS names the certificates of the listeners.
func (c *Config) examineTLS(s *doctor.Subject) {
	for _, of := range []struct {
		key string
		tlsConfig
	}{
		{"tls", c.TLS.tls()}, {"admin.tls", c.Admin.TLS}, {"cluster.tls", c.peerCertificate()},
	} {
		if f := of.files(); f.Cert != "" && f.Key != "" {
			s.Certificates = append(s.Certificates, doctor.Certificate{
				Key: of.key, CertFile: f.Cert, KeyFile: f.Key,
			})
		}
	}
}

func (c *Config) examineStore(s *doctor.Subject) {
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return
	}
	s.DataDir, s.Sync = dir, c.Durability == "sync"
	s.OpenStore = func() error {
		st, err := c.OpenStore()
		if err != nil {
			return err
		}
		return st.Close()
	}
	if at, err := place.Read(dir); err == nil {
		s.RunningPID = at.PID
	}
}

func (c *Config) examineAPI(s *doctor.Subject) {
	if c.dev || c.CivicPress.URL == "" {
		return
	}
	s.APIURL, s.Leeway = c.CivicPress.URL, time.Duration(c.Auth.JWT.Leeway)
	if s.Leeway == 0 {
		s.Leeway = 30 * time.Second
	}
	client, err := civicpress.New(c.CivicPress.client())
	if err != nil || c.CivicPress.Token == "" {
		return
	}
	if c.CivicPress.Secret != "" {
		s.TokenSigned = func() bool { return client.MaySign(c.CivicPress.Token) }
	}
	s.APIUser = func(ctx context.Context) (string, error) {
		u, err := client.Authenticate(ctx, c.CivicPress.Token)
		return u.DisplayName() + ", a " + u.Role, err
	}
}
