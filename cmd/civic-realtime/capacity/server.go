package capacity

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/process"
	"github.com/civicpress/civic-realtime/codec/protocol"
)

// server is the server that is measured.
type server struct {
	*process.Process
	target load.Target
}

// settings are those of a server that is as shipped, but lets all people come from one address.
const settings = `realtime:
  durability: %s
%s  rooms:
    max_rooms: 1000000
  limits:
    connections: 1000000
`

// start runs a server whose files are in dir.
func start(ctx context.Context, o Options, dir string) (*server, error) {
	window := ""
	if o.Window != "" {
		window = "  batch:\n    window: " + o.Window + "\n"
	}
	file := filepath.Join(dir, "realtime.yml")
	text := fmt.Sprintf(settings, o.Durability, window)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	p, err := process.Start(ctx, nil, o.Binary, "serve", "--dev",
		"--config", file, "--data-dir", data, "--listen", "127.0.0.1:0",
		"--admin-listen", "127.0.0.1:0", "--log-level", "warn")
	if err != nil {
		return nil, fmt.Errorf("the server that is to be measured: %w", err)
	}
	target := load.Target{Addr: p.Addr, Dialect: load.Ours(protocol.YWebsocket{})}
	return &server{p, target}, nil
}
