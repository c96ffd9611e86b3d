package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// aloneShape is the most frequent use: a person types in a room, and nobody else is there. What an
// update costs until it is stored is not hidden by its deliveries.
var aloneShape = load.Shape{Rooms: 200, Clients: 1, Writers: 1}

// alone measures people who type alone, and are known by their tokens. It has no bound: binaries of
// two commits, run by turns, are compared with it.
func (b *bench) alone(ctx context.Context) ([]table.Row, error) {
	p, err := b.signedIn("alone.yml", "")
	if err != nil {
		return nil, err
	}
	m, err := b.measureAlone(ctx, p)
	if err != nil {
		return nil, err
	}
	return []table.Row{table.New("200 people, each alone, write 10 updates a second",
		fmt.Sprintf("%.2f µs of CPU for each update accepted, %.1f %% of the core",
			m.per(), 100*m.share()), "-", true)}, nil
}

// authorTurns is how often a server that keeps authors, and one that does not, are measured. It is
// odd.
const authorTurns = 5

// authors measures by turns what it costs to keep who wrote what.
func (b *bench) authors(ctx context.Context) ([]table.Row, error) {
	with, err := b.signedIn("authors.yml", "")
	if err != nil {
		return nil, err
	}
	without, err := b.signedIn("no-authors.yml", "  authors: {enabled: false}\n")
	if err != nil {
		return nil, err
	}
	var times []float64
	for range authorTurns {
		var costs [2]float64
		for i, p := range []peer{with, without} {
			m, err := b.measureAlone(ctx, p)
			if err != nil {
				return nil, err
			}
			costs[i] = m.per()
		}
		times = append(times, costs[0]/costs[1])
	}
	return []table.Row{authorsRow(times)}, nil
}

// authorsRow makes the row of the quotients of the turns, which it sorts.
func authorsRow(times []float64) table.Row {
	slices.Sort(times)
	median := times[len(times)/2]
	return table.Most("  who wrote what is kept: CPU beside a server without",
		fmt.Sprintf("%.2f times, the median of %.2f", median, times), "1.1 times", median, 1.1)
}

func (b *bench) measureAlone(ctx context.Context, p peer) (measured, error) {
	m, err := b.measure(ctx, p, aloneShape, load.Pace{Updates: 10, For: b.runs, Patience: drain})
	if err = errors.Join(err, m.state, m.report.Err()); err != nil {
		return m, fmt.Errorf("%s: %w", p.name, err)
	}
	return m, nil
}

// aloneSecret signs the tokens of people who are alone.
const aloneSecret = "the secret of a benchmark, known to all"

// signedIn returns our server with tokens, and more in its configuration, which is written to a
// file with a name. Each room has a user of its own.
func (b *bench) signedIn(name, more string) (p peer, err error) {
	const (
		ttl    = time.Hour
		limits = `  auth: {jwt: {secret: %q}}
  limits: {handshakes_per_ip: 100000, handshake_burst: 100000}
  rate_limiting:
    {connections_per_ip: 100000, y_websocket_messages_per_second: 100000, y_websocket_burst: 100000}
`
	)
	file := filepath.Join(b.dir, name)
	config := "realtime:\n" + fmt.Sprintf(limits, aloneSecret) + more
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return p, err
	}
	p = ours
	p.command = func(b *bench, dir string) []string {
		return slices.DeleteFunc(b.serve(dir, file), func(arg string) bool { return arg == "--dev" })
	}
	path := ours.dialect.Path
	p.dialect.Path = func(room string) string {
		who := engine.Identity{ID: "person-" + room, Name: "Person of " + room}
		token, err := auth.JWTConfig{}.Sign([]byte(aloneSecret), auth.Session{Identity: who}, ttl)
		if err != nil {
			panic(err) // ttl is longer than tokens may be
		}
		return path(room) + "?token=" + token
	}
	return p, nil
}
