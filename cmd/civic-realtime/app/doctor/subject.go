package doctor

import (
	"context"
	"time"
)

// Subject is what is checked. The functions may be nil, for a server without that part.
type Subject struct {
	ConfigFile string   // "" : none
	Errors     []string // in the configuration; with any, the other fields may be incomplete
	Warnings   []string

	APIURL string // of CivicPress' API, without /api/v1; "": it is not asked
	// APIUser asks the API whose session the configured token is; nil: there is no token.
	APIUser func(context.Context) (name string, err error)
	// TokenSigned reports whether the configured token was signed with the configured secret; nil:
	// one of them is missing.
	TokenSigned func() bool

	Hooks    []Hook    // that are configured
	Webhooks []Webhook // the same

	Secrets []Secret
	Files   []string // that only the owner should be able to read

	Certificates []Certificate

	DataDir string // absolute; "": nothing is stored
	// OpenStore opens the store and closes it again. Its errors are ErrInUse, and fs.ErrNotExist.
	OpenStore func() error
	// Sync is whether an update is on the disk before others see it.
	Sync bool

	Listen   string // host:port
	Loopback bool   // of Listen
	Proxies  int    // trusted ones
	// Forwarded returns how many connections the running server has, and how many of them came
	// through a trusted proxy that sent the client's address. nil: that is not known.
	Forwarded func(context.Context) (forwarded, connections int, err error)

	// Redis asks the servers of the configured Redis, and returns how long an answer takes; nil:
	// the server is no node of several.
	Redis func(context.Context) (servers []RedisServer, took time.Duration, err error)
	// Nodes asks the running server for all nodes; nil: it is none of several.
	Nodes func(context.Context) ([]Node, error)

	RunningPID   int // of the server that runs with this data directory; 0: none
	Connections  int // how many there may be
	Leeway       time.Duration
	MemoryLimit  func() (bytes int64, from string) // of the process; 0: none
	MemoryWanted int64                             // bytes that the configured caches may take
}

// RedisServer is a server that several nodes keep their rooms in.
type RedisServer struct {
	Address  string
	Role     string // master, slave
	Version  string
	Replicas int // that are connected to it

	Refusals []string // why nodes do not start with it
	Warnings []string // how it may lose what it has
}

// Node is a live node as the running server sees it.
type Node struct {
	Name, Address string
	Self          bool   // it is the running server
	Silent        bool   // it does not answer
	NotReady      string // why it is not ready; "": it is
	RoundTrip     time.Duration
	Ahead         time.Duration // by which its clock is ahead of the running server's
}

// Hook is a configured hook.
type Hook struct {
	Name string // authorize, load or store
	// Call makes a call, and fails unless it is answered as a hook has to answer. nil: a call would
	// change something.
	Call func(context.Context) error
	// Forged is Call with a wrong signature, which has to fail.
	Forged func(context.Context) error
}

// Webhook is a configured receiver of events.
type Webhook struct {
	Name      string
	Encrypted bool
	Private   bool // its address need not be public
	// Probe connects to it, and sends nothing.
	Probe func(context.Context) error
}

// Secret is a configured secret.
type Secret struct {
	Key   string // of the configuration
	Bytes int    // its length
	Least int    // the least length that is safe
	File  string // that it was read from; "": it is in the configuration
}

// Certificate is a configured TLS certificate.
type Certificate struct {
	Key               string // of the configuration: tls or admin.tls
	CertFile, KeyFile string
}

// running reports whether a server runs with the data directory.
func (s *Subject) running() bool { return s.RunningPID != 0 }
