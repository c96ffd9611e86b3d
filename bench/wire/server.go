package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/process"
	"github.com/civicpress/civic-realtime/bench/relay"
	"github.com/civicpress/civic-realtime/codec/protocol"
)

// peer is a kind of server to be measured.
type peer struct {
	name    string
	dialect load.Dialect
	command func(b *bench, dir string) []string // dir is new, and used by no other
	tls     *tls.Config                         // of its clients; nil: without TLS
}

var ours = peer{
	name: "civic-realtime", dialect: load.Ours(protocol.YWebsocket{}),
	command: func(b *bench, dir string) []string { return b.serve(dir, b.config) },
}

// packing is our server with compression.
var packing = peer{name: "civic-realtime", dialect: ours.dialect, command: func(b *bench, dir string) []string {
	return b.serve(dir, b.packed)
}}

// serve returns the command that runs our server with a configuration file, which may be "".
func (b *bench) serve(dir, config string) []string {
	args := []string{
		b.binary, "serve", "--dev", "--listen", "127.0.0.1:0", "--data-dir", dir,
		"--admin-listen", "127.0.0.1:0",
		"--log-level", "warn",
	}
	if config != "" {
		args = append(args, "--config", config)
	}
	return args
}

var bare = peer{name: "gws relay", dialect: load.Relay(), command: func(*bench, string) []string {
	self, _ := os.Executable()
	return []string{self, relayCommand}
}}

var others = []peer{
	{name: "y-websocket 2", dialect: load.YWebsocketServer(), command: func(b *bench, _ string) []string {
		server := b.script("node_modules/y-websocket/bin/server.cjs")
		return []string{b.node22(), "--require", b.script("listening.cjs"), server}
	}},
	{name: "@hocuspocus/server 4", dialect: load.HocuspocusServer(), command: func(b *bench, _ string) []string {
		return []string{b.node22(), "--require", b.script("listening.cjs"), b.script("hocuspocus.mjs")}
	}},
}

func (b *bench) script(name string) string {
	path, _ := filepath.Abs(filepath.Join(b.scripts, name))
	return path
}

// node22 returns the Node that Hocuspocus needs: npm's, or the one that is installed.
func (b *bench) node22() string {
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	path := b.script("node_modules/node-linux-" + arch + "/bin/node")
	if _, err := os.Stat(path); err != nil {
		return "node"
	}
	return path
}

// server is a running server, on a core of its own.
type server struct {
	load.Target
	*process.Process
}

// start runs p and waits until it listens.
func (b *bench) start(ctx context.Context, p peer) (*server, error) {
	dir, err := os.MkdirTemp(b.dir, "data")
	if err != nil {
		return nil, err
	}
	command := append(process.Pin(b.serverCPU), p.command(b, dir)...)
	running, err := process.Start(ctx, []string{"HOST=127.0.0.1", "PORT=0"}, command...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return &server{load.Target{Addr: running.Addr, TLS: p.tls, Dialect: p.dialect}, running}, nil
}

const relayCommand = "relay"

// serveRelay serves the bare relay, in the process of that command.
func serveRelay() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("listening on http://" + l.Addr().String())
	return new(relay.Relay).Serve(l)
}
