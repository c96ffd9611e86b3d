package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
)

// town is the shapes of 5,000 clients in 2,000 rooms, and how they write: in every twentieth room
// somebody types, and all others only renew their awareness.
var town = []struct {
	shape load.Shape
	pace  load.Pace
}{
	{
		load.Shape{Rooms: 100, Clients: 3, Writers: 1},
		load.Pace{Updates: 2, Moves: 2, Renew: renewal},
	},
	{load.Shape{Rooms: 900, Clients: 3}, load.Pace{Renew: renewal}},
	{load.Shape{Rooms: 1000, Clients: 2}, load.Pace{Renew: renewal}},
}

// consoleTurns is how often the server's CPU is measured with and without each page. It is odd.
const consoleTurns = 5

// consolePages are the pages that are open, by their part of the URL.
var consolePages = []struct{ name, part string }{{"overview", "#/"}, {"rooms", "#/rooms"}}

// consoleRows measures what an open console costs the server, and the browser.
func (b *bench) consoleRows(ctx context.Context) (rows []table.Row, err error) {
	var dir string
	p := ours
	p.command = func(b *bench, data string) []string {
		dir = data
		return b.serve(data, b.config)
	}
	s, err := b.start(ctx, p)
	if err != nil {
		return nil, err
	}
	defer s.End()
	url, err := adminURL(dir)
	if err != nil {
		return nil, err
	}
	run, err := b.populate(ctx, s)
	if err != nil {
		return nil, err
	}
	defer run.end()
	viewer, err := startBrowser(b.console)
	if err != nil {
		return nil, err
	}
	defer viewer.close()
	c := &console{bench: b, server: s, viewer: viewer, url: url + "/console/"}
	for _, page := range consolePages {
		more, err := c.measure(ctx, page.name, page.part)
		if err != nil {
			return rows, err
		}
		rows = append(rows, more...)
	}
	return rows, run.failure()
}

// adminURL returns the address of the admin API of the server with that data directory.
func adminURL(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "admin.json"))
	if err != nil {
		return "", err
	}
	var place struct{ URL string }
	return place.URL, json.Unmarshal(data, &place)
}

// townRun is the clients of the town while they write.
type townRun struct {
	cancel  context.CancelFunc
	running sync.WaitGroup
	fleets  []*load.Fleet
	mu      sync.Mutex // guards err
	err     error
}

// populate connects all clients, and lets them write until end is called.
func (b *bench) populate(ctx context.Context, s *server) (*townRun, error) {
	if need := 5000 + spare; openFiles() < need {
		return nil, fmt.Errorf("the machine allows %d files, %d are needed", openFiles(), need)
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &townRun{cancel: cancel}
	for _, part := range town {
		f, err := load.Connect(ctx, s.Target, part.shape, b.stream)
		if err != nil {
			r.end()
			return nil, err
		}
		r.fleets = append(r.fleets, f)
		r.running.Go(func() { r.write(ctx, f, part.pace) })
	}
	return r, nil
}

// write runs a fleet again and again.
func (r *townRun) write(ctx context.Context, f *load.Fleet, pace load.Pace) {
	pace.For, pace.Patience = renewal, drain
	for ctx.Err() == nil {
		if _, err := f.Run(ctx, pace); err != nil && ctx.Err() == nil {
			r.mu.Lock()
			r.err = errors.Join(r.err, err)
			r.mu.Unlock()
			return
		}
	}
}

func (r *townRun) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

func (r *townRun) end() {
	r.cancel()
	r.running.Wait()
	for _, f := range r.fleets {
		f.Close()
	}
}

// console is the console of a server in a browser.
type console struct {
	bench  *bench
	server *server
	viewer *browser
	url    string
}

// measure makes the rows of a page.
func (c *console) measure(ctx context.Context, name, part string) ([]table.Row, error) {
	empty := "empty " + name
	if err := c.open(empty, "about:blank"); err != nil {
		return nil, err
	}
	var extra []float64
	var held, heap, nodes float64
	for turn := range consoleTurns {
		without, err := c.share(ctx)
		if err != nil {
			return nil, err
		}
		id := fmt.Sprint(name, " ", turn)
		if err := c.open(id, c.url+part); err != nil {
			return nil, err
		}
		with, err := c.share(ctx)
		if err != nil {
			return nil, err
		}
		extra = append(extra, with-without)
		if turn == consoleTurns-1 {
			// The last one stays open for some minutes.
			if err := wait(ctx, c.bench.opened); err != nil {
				return nil, err
			}
			if held, heap, nodes, err = c.memory(id, empty); err != nil {
				return nil, err
			}
		}
		if err := c.viewer.do("closeContext", map[string]any{"context": id}, nil); err != nil {
			return nil, err
		}
	}
	return consoleTable(name, extra, held, heap, nodes, c.bench.opened), nil
}

// consoleTable makes the rows of a page. It sorts the differences.
func consoleTable(
	name string, extra []float64, held, heap, nodes float64, opened time.Duration,
) []table.Row {
	slices.Sort(extra)
	median := extra[len(extra)/2]
	return []table.Row{
		table.Most("console, "+name+", of 5,000 connections in 2,000 rooms",
			fmt.Sprintf("%+.2f %% of a core, the median of %+.2f", median, extra), "1 % of a core", median, 1),
		table.Most(fmt.Sprintf("  memory of the page after %v", opened),
			fmt.Sprintf("%.1f MB more than an empty page, of which %.1f MB are JavaScript's, for %.0f nodes", held/1e6, heap/1e6, nodes),
			"100 MB", held, 100e6),
	}
}

// share returns the part of its core that the server uses, in percent.
func (c *console) share(ctx context.Context) (float64, error) {
	began, used := time.Now(), c.server.CPU()
	err := wait(ctx, c.bench.idle)
	return 100 * (c.server.CPU() - used).Seconds() / time.Since(began).Seconds(), err
}

// open opens a page.
func (c *console) open(id, url string) error {
	return c.viewer.do("open", map[string]any{"page": id, "url": url}, nil)
}

// memory returns how much more a page takes than an empty one, its JavaScript's part of that, and
// how many nodes it has.
func (c *console) memory(id, empty string) (held, heap, nodes float64, err error) {
	var page, other float64
	var m struct{ Heap, Nodes float64 }
	err = errors.Join(
		c.viewer.do("memory", map[string]any{"page": id}, &m),
		c.viewer.do("resident", map[string]any{"page": id}, &page),
		c.viewer.do("resident", map[string]any{"page": empty}, &other))
	return page - other, m.Heap, m.Nodes, err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
