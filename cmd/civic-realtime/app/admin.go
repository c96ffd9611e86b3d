package app

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/sandbox"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/transport/admin"
	"github.com/civicpress/civic-realtime/transport/admin/place"
	"github.com/civicpress/civic-realtime/transport/certs"
)

// adminConfig configures the listener for operators.
type adminConfig struct {
	Listen      *string           `yaml:"listen"` // empty: off
	TokenFile   string            `yaml:"token_file"`
	Hosts       []string          `yaml:"hosts"`
	Connections yamlfile.Count    `yaml:"max_connections"`
	Streams     yamlfile.Count    `yaml:"max_streams"`
	Readers     yamlfile.Count    `yaml:"max_readers"`
	Profile     yamlfile.Toggle   `yaml:"profile"`
	Console     *yamlfile.Toggle  `yaml:"console"`
	SessionTime yamlfile.Duration `yaml:"session_time"`
	SessionIdle yamlfile.Duration `yaml:"session_idle"`
	Sessions    yamlfile.Count    `yaml:"max_sessions"`
	Rooms       yamlfile.Count    `yaml:"playground_rooms"`
	Document    yamlfile.Count    `yaml:"playground_document_bytes"`
	Idle        yamlfile.Duration `yaml:"playground_idle"`
	TLS         tlsConfig         `yaml:"tls"`

	chosen bool // Listen was set, and is not the default
	dev    bool // as in Config
}

// metricsConfig configures where metrics are served.
type metricsConfig struct {
	Public *yamlfile.Toggle `yaml:"public"`
}

const adminListen = "127.0.0.1:3002"

// maxPlayground is the greatest playground_document_bytes: the documents are in memory only.
const maxPlayground = 64 << 20

// read sets the defaults, and returns what is wrong. A server that is disabled has no admin
// listener unless one is asked for, as it opens no data directory.
func (a *adminConfig) read(enabled, dev bool) error {
	a.dev = dev
	if a.chosen = a.Listen != nil; !a.chosen {
		a.Listen = new(adminListen)
		if !enabled {
			a.Listen = new("")
		}
	}
	var err error
	if host, _, bad := net.SplitHostPort(*a.Listen); *a.Listen != "" && bad != nil {
		err = fmt.Errorf("admin.listen: %w; write 127.0.0.1:3002, or '' for no admin API", bad)
	} else if *a.Listen != "" && host == "" {
		err = errors.New("admin.listen: the host is missing; 0.0.0.0 stands for all addresses")
	}
	for i, host := range a.Hosts {
		if a.Hosts[i] = strings.ToLower(host); host == "" || strings.ContainsAny(host, "/@ ") {
			err = errors.Join(err, fmt.Errorf("admin.hosts: %q is not a host name", host))
		}
	}
	if a.TokenFile != "" && *a.Listen != "" && !a.dev {
		if _, bad := place.ReadToken(a.TokenFile); bad != nil {
			err = errors.Join(err, fmt.Errorf("admin.token_file: %w", bad))
		}
	}
	if a.Document > maxPlayground {
		err = errors.Join(err, fmt.Errorf(
			"admin.playground_document_bytes: must be at most %d", maxPlayground))
	}
	return err
}

// adminAPI is the listener of the admin API, and its token.
type adminAPI struct {
	listener  net.Listener
	token     string      // empty: none is needed
	tokenFile string      // absolute path of the file with the token; empty: none is needed
	cert      *certs.Pair // nil: no TLS
	certFile  string      // absolute path of its file
	dir       string      // data directory

	server     *admin.Server    // nil until it serves
	playground *sandbox.Sandbox // nil until it serves
	log        *slog.Logger
}

// warnings lists what is risky.
func (a *adminConfig) warnings() []string {
	host, _, _ := net.SplitHostPort(*a.Listen)
	ip := net.ParseIP(host)
	if *a.Listen == "" || a.TLS.on() || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return []string{"admin.listen is not a loopback address, and without admin.tls the token can be read on its way"}
}

// open listens for operators, at the socket that is given if it is not nil, and reads or makes the
// token. dir is the data directory. The result is nil if the admin API is switched off.
func (c *adminConfig) open(dir string, given *net.TCPListener) (*adminAPI, error) {
	if *c.Listen == "" {
		return nil, nil
	}
	var l net.Listener = given
	if given == nil {
		var err error
		if l, err = net.Listen("tcp", *c.Listen); err != nil {
			return nil, c.explain(err)
		}
	}
	a := &adminAPI{listener: l, dir: dir}
	if err := a.readToken(c); err != nil {
		return nil, errors.Join(fmt.Errorf("admin.token_file: %w", err), l.Close())
	}
	return a, nil
}

// explain adds to an error of listening what to do about it.
func (c *adminConfig) explain(err error) error {
	err = fmt.Errorf("admin API: %w", err)
	if errors.Is(err, syscall.EADDRINUSE) {
		advice := "set admin.listen, --admin-listen or CIVIC_REALTIME_ADMIN_LISTEN to another " +
			"address, such as 127.0.0.1:0 for any free port; '' switches the admin API off"
		if !c.chosen {
			advice = "admin.listen is not set, and this is its default: another server may run on " +
				"this machine; " + advice
		}
		err = fmt.Errorf("%w; %s", err, advice)
	}
	return err
}

// readToken sets the token. In development mode none is needed on a loopback address.
func (a *adminAPI) readToken(c *adminConfig) (err error) {
	if c.dev && a.address().IP.IsLoopback() {
		return nil
	}
	if c.TokenFile != "" {
		if a.tokenFile, err = filepath.Abs(c.TokenFile); err == nil {
			a.token, err = place.ReadToken(a.tokenFile)
		}
		return err
	}
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return err
	}
	a.tokenFile = filepath.Join(a.dir, place.TokenFile)
	a.token, err = place.MakeToken(a.dir)
	return err
}

func (a *adminAPI) address() *net.TCPAddr { return a.listener.Addr().(*net.TCPAddr) }

// url returns the address of the admin API for commands on this machine.
func (a *adminAPI) url() string {
	at := *a.address()
	if at.IP.IsUnspecified() { // of both families where there are both
		at.IP = net.IPv4(127, 0, 0, 1)
	}
	scheme := "http://"
	if a.cert != nil {
		scheme = "https://"
	}
	return scheme + at.String()
}

// announced returns the address for people, "" if the admin API is off.
func (a *adminAPI) announced() string {
	if a == nil {
		return ""
	}
	return a.url()
}

// signIn says with which token to sign in to the console, "" if there is no console or no need to.
func (a *adminAPI) signIn(c adminConfig) string {
	if a.token == "" || off(c.Console) {
		return ""
	}
	return " (the token is in " + a.tokenFile + ")"
}

// socket returns the listening socket, nil if the admin API is off.
func (a *adminAPI) socket() *net.TCPListener {
	if a == nil {
		return nil
	}
	l, _ := a.listener.(*net.TCPListener)
	return l
}

// close is for a server that does not start.
func (a *adminAPI) close() error {
	if a == nil {
		return nil
	}
	return a.listener.Close()
}

// prepare reads the token again, and returns a function that puts a configuration into effect.
func (a *adminAPI) prepare(c *adminConfig) (apply func(), err error) {
	if a == nil || a.server == nil {
		return func() {}, nil
	}
	next := *a
	if err := next.readToken(c); err != nil {
		return nil, fmt.Errorf("admin.token_file: %w", err)
	}
	return func() {
		if a.token != next.token {
			a.log.Info("token of the admin API is replaced")
		}
		a.token, a.tokenFile = next.token, next.tokenFile
		a.playground.Reconfigure(c.playground())
		a.server.Reconfigure(c.settings(a.token))
	}, nil
}

// playground returns the limits of the playground in the console. The admin API gives it half of
// its connections, but one at least.
func (c *adminConfig) playground() sandbox.Config {
	return sandbox.Config{
		Connections:   max(1, cmp.Or(int(c.Connections), admin.DefaultConnections)/2),
		Rooms:         int(c.Rooms),
		DocumentBytes: int(c.Document),
		Idle:          time.Duration(c.Idle),
	}
}

// settings returns the part of the configuration of the server that may change.
func (c *adminConfig) settings(token string) admin.Settings {
	return admin.Settings{
		Token:       token,
		Hosts:       c.Hosts,
		Connections: int(c.Connections),
		Streams:     int(c.Streams),
		Readers:     int(c.Readers),
		Profile:     bool(c.Profile),
		Console:     !off(c.Console),
		SessionTime: time.Duration(c.SessionTime),
		SessionIdle: time.Duration(c.SessionIdle),
		Sessions:    int(c.Sessions),
	}
}
