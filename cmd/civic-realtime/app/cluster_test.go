package app

import (
	"slices"
	"strings"
	"testing"
)

// TestClusterConfig shows which files of a node are refused, with what words, and that none of the
// keys matters without redis.enabled.
func TestClusterConfig(t *testing.T) {
	pair := func(ca bool) string {
		cert, key := writeCertificate(t)
		text := "cert_file: '" + cert + "', key_file: '" + key + "'"
		if ca {
			text += ", ca_file: '" + cert + "'"
		}
		return text
	}
	for _, test := range []struct{ name, redis, rest, says string }{
		{"nothing more", "", "", ""},
		{"no URL", ", url: ''", "", "redis.url: is missing"},
		{"not a URL", ", url: '::hush'", "", "redis.url: is not a URL"},
		{"another scheme", ", url: 'http://host'", "", `redis.url: "http" is not the scheme of a Redis`},
		{"no host", ", url: 'redis:///0'", "", "redis.url: the host is missing"},
		{"braces", ", prefix: 'a{b}'", "", "redis.prefix: "},
		{"TLS without TLS", ", tls: {ca_file: none.pem}", "", "redis.tls: has an effect with rediss://"},
		{"no authority", ", url: 'rediss://host', tls: {ca_file: none.pem}", "", "redis.tls: open none.pem"},
		{"half a pair", ", url: 'rediss://host', tls: {cert_file: none.pem}", "", "redis.tls: cert_file and key_file"},
		{"two passwords", ", password: a, password_file: b", "", "redis: password and password_file are both set"},
		{"nothing stored", "", "durability: off", "durability: off is for a single node"},
		{"async", "", "durability: async", ""},
		{"unknown durability", "", "cluster: {durability: disk}", `cluster.durability: "disk" is none of node, redis`},
		{"in Redis", "", "cluster: {durability: redis}", ""},
		{"no port", "", "cluster: {listen: '10.0.0.7'}", "cluster.listen: "},
		{"all addresses", "", "cluster: {listen: '0.0.0.0:0'}", ""},
		{"advertised for all", "", "cluster: {advertise: '0.0.0.0:3003'}", `cluster.advertise: "0.0.0.0:3003" is not an address`},
		{"advertised without a port", "", "cluster: {advertise: '10.0.0.7:0'}", "cluster.advertise: "},
		{"an advertised name", "", "cluster: {listen: '10.0.0.7:3003', advertise: 'one.town.example:3003'}", ""},
		{"an advertised name alone", "", "cluster: {advertise: 'one.town.example:3003'}", "cluster.advertise: needs cluster.listen"},
		{"a short secret", "", "cluster: {secret: short}", "cluster.secret: has fewer than 32 bytes"},
		{"a short lease", "", "cluster: {lease: 1s}", "cluster.lease: must not be below 2s"},
		{"TLS of nodes", "", "cluster: {tls: {" + pair(true) + "}}", ""},
		{"TLS without an authority", "", "cluster: {tls: {" + pair(false) + "}}", "cluster.tls: needs ca_file"},
	} {
		file := "realtime:\n  redis: {enabled: true" + test.redis + "}\n  " + test.rest + "\n"
		if !strings.Contains(test.redis, "url:") {
			file = strings.Replace(file, "enabled: true", "enabled: true, url: 'redis://:hush@10.0.0.5:6379'", 1)
		}
		_, err := parse(t, file)
		if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%s: %v", test.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: the password is in %v", test.name, err)
		}
		c, err := parse(t, strings.Replace(file, "enabled: true", "enabled: false", 1))
		if err != nil || c.clustered() {
			t.Errorf("%s, for a single server: %v", test.name, err)
		}
	}
}

// TestClusterDefaults shows the defaults of a node, and that keys of the cluster without Redis are
// reported.
func TestClusterDefaults(t *testing.T) {
	c, err := parse(t, "realtime: {redis: {enabled: true, url: 'redis://host', prefix: 'town:'}}")
	if err != nil || !c.clustered() || c.Redis.Prefix != "town" || c.Cluster.Durability != "node" {
		t.Errorf("%+v, %+v, %v", c.Redis, c.Cluster, err)
	}
	c, err = parse(t, "realtime: {enabled: false, redis: {enabled: true, url: 'redis://host'}}")
	if err != nil || c.clustered() {
		t.Errorf("a server that opens no data is a node: %v", err)
	}
	c, err = parse(t, "realtime: {cluster: {durability: redis}}")
	reported := func(w string) bool { return w == "cluster has no effect without redis.enabled" }
	if err != nil || !slices.ContainsFunc(c.Warnings(), reported) {
		t.Errorf("%q, %v", c.Warnings(), err)
	}
}
