package app

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// clusterConfig is the section "cluster" of the file: this node among those that share a Redis.
type clusterConfig struct {
	Durability  string            `yaml:"durability"`
	Listen      string            `yaml:"listen"`    // for other nodes; empty: see peerAddress
	Advertise   string            `yaml:"advertise"` // empty: the address that is listened on
	Secret      string            `yaml:"secret" secret:"true"`
	SecretFile  string            `yaml:"secret_file"` // read into Secret
	Lease       yamlfile.Duration `yaml:"lease"`
	OutboxBytes yamlfile.Count    `yaml:"outbox_bytes"`
	Held        yamlfile.Count    `yaml:"held_connections"`
	HoldTimeout yamlfile.Duration `yaml:"hold_timeout"`
	TLS         peerTLS           `yaml:"tls"`
}

// defaultLease is how long a node has a room without renewing its lease.
const defaultLease = 10 * time.Second

// leastLease is the shortest lease: it is renewed ten times.
const leastLease = 2 * time.Second

// complete sets the defaults.
func (c *clusterConfig) complete() {
	c.Durability = cmp.Or(c.Durability, "node")
	c.Lease = cmp.Or(c.Lease, yamlfile.Duration(defaultLease))
}

// read reads the files, and returns the errors of the section.
func (c *clusterConfig) read() error {
	var lease error
	if time.Duration(c.Lease) < leastLease {
		lease = fmt.Errorf("cluster.lease: must not be below %v", leastLease)
	}
	return errors.Join(
		checkWord("cluster.durability", c.Durability, []string{"node", "redis"}),
		c.checkAddresses(),
		readSecret("cluster", "secret", &c.Secret, c.SecretFile),
		c.checkSecret(), lease, c.TLS.check("cluster.tls"), c.checkCertificate(),
	)
}

// checkAddresses returns what is wrong with the addresses of the peer listener.
func (c *clusterConfig) checkAddresses() (err error) {
	if c.Listen != "" {
		if _, bad := net.ResolveTCPAddr("tcp", c.Listen); bad != nil {
			err = fmt.Errorf("cluster.listen: %w; write 10.0.0.7:3003, or 10.0.0.7:0 for any free port", bad)
		}
	}
	if c.Advertise == "" {
		return err
	}
	host, port, bad := net.SplitHostPort(c.Advertise)
	ip := net.ParseIP(host)
	if bad != nil || host == "" || ip != nil && ip.IsUnspecified() || port == "0" || port == "" {
		err = errors.Join(err, fmt.Errorf("cluster.advertise: %q is not an address that other nodes can connect to, such as 10.0.0.7:3003", c.Advertise))
	}
	if ip == nil && bad == nil && c.Listen == "" {
		err = errors.Join(err, errors.New("cluster.advertise: needs cluster.listen, as the port is otherwise another one at each start"))
	}
	return err
}

func (c *clusterConfig) checkSecret() error {
	if c.Secret != "" && len(c.Secret) < leastSecret {
		return fmt.Errorf("cluster.secret: has fewer than %d bytes: it can be guessed", leastSecret)
	}
	return nil
}

// checkCertificate returns an error if TLS among nodes has an authority and no certificate, or the
// other way round: each node is a server and a client of the others.
func (c *clusterConfig) checkCertificate() error {
	if (c.TLS.CAFile == "") != (c.TLS.CertFile == "") {
		return errors.New("cluster.tls: needs ca_file, cert_file and key_file, as each node checks the certificates of the others")
	}
	return nil
}
