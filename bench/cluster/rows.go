package main

import (
	"context"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
)

// The ways of serving rooms that are compared.
var (
	alone   = kind{name: "one node, without Redis", nodes: 1}
	hashed  = kind{name: "two nodes, hashing proxy, durability node", nodes: 2, durability: "node"}
	durable = kind{name: "two nodes, hashing proxy, durability redis", nodes: 2, durability: "redis"}
	random  = kind{
		name: "two nodes, random placement, durability node", nodes: 2, durability: "node", random: true,
	}
)

// thousand is the load of bench-wire's thousand connections.
func (b *bench) thousand(ctx context.Context) ([]table.Row, error) {
	return b.compare(ctx, "1,000 connections, 100 rooms, 2 × (5 + 2 moves)/s",
		load.Shape{Rooms: 100, Clients: 10, Writers: 2}, load.Pace{Updates: 5, Moves: 2},
		[]float64{1.5, 1.7, 2.2})
}

// many is a town in which each of many rooms is typed in once a second.
func (b *bench) many(ctx context.Context) ([]table.Row, error) {
	const inRoom = 5
	shape := load.Shape{Rooms: b.connections / inRoom, Clients: inRoom, Writers: 1}
	what := fmt.Sprintf("%d connections, %d rooms, each typed in once a second", b.connections, shape.Rooms)
	return b.compare(ctx, what, shape, load.Pace{Updates: 1}, []float64{1.3, 1.4, 2})
}

// compare measures one node, and two nodes in three ways, of which the CPU must be at most that of
// one times the bounds.
func (b *bench) compare(
	ctx context.Context, what string, shape load.Shape, pace load.Pace, bounds []float64,
) (rows []table.Row, err error) {
	kinds := []kind{alone, hashed, durable, random}
	for i := range kinds {
		kinds[i].shape = shape
	}
	medians, err := b.median(ctx, pace, kinds...)
	if err != nil {
		return nil, err
	}
	one := medians[0]
	rows = append(rows, table.New(what, fmt.Sprintf("the median of %d runs of each", runsEach), "-", true),
		table.New("  "+one.name, one.figure(), "-", one.state == nil))
	for i, m := range medians[1:] {
		times := m.per() / one.per()
		rows = append(rows,
			table.Most("  "+m.name, fmt.Sprintf("%s: %.2f times", m.figure(), times),
				fmt.Sprintf("%.1f times one node's", bounds[i]), times, bounds[i]),
			m.latency(one), m.ofRedis(), m.inRedis(), m.correct())
	}
	return rows, nil
}

func (m measured) figure() string {
	return fmt.Sprintf("%.2f µs CPU a delivered update, %.1f %% of the core, p99 %s",
		m.per(), 100*float64(m.cpu)/float64(m.report.Took), ms(m.report.Latency.Quantile(0.99)))
}

// latency makes the row of the latency beside that of one node.
func (m measured) latency(one measured) table.Row {
	const bound = 20 * time.Millisecond
	p99, its := m.report.Latency.Quantile(0.99), one.report.Latency.Quantile(0.99)
	figure := fmt.Sprintf("%s and %s; one node %s; the generator was late by %s",
		ms(m.report.Latency.Quantile(0.5)), ms(p99), ms(its), ms(m.report.Late.Quantile(0.99)))
	return table.Most("    p50 and p99 of the latency", figure, "one node's and "+ms(bound),
		float64(p99), float64(its+bound))
}

// ofRedis makes the row of the CPU of Redis.
func (m measured) ofRedis() table.Row {
	share := float64(m.redis) / float64(max(1, m.cpu))
	figure := fmt.Sprintf("%.1f %% of a core, %.0f %% of the nodes'",
		100*float64(m.redis)/float64(m.report.Took), 100*share)
	return table.Most("    CPU of Redis", figure, "20 % of the nodes'", share, 0.2)
}

// rowBytes is what a row of one keystroke may take in Redis, and roomBytes what a room takes beside
// its document: the keys of its lease, its state and its journal.
const (
	rowBytes  = 300
	roomBytes = 1500
	rowsKept  = 100 // snapshots.max_updates
)

// inRedis makes the row of the memory in Redis.
func (m measured) inRedis() table.Row {
	rooms := float64(m.shape.Rooms)
	bound := 1.5*float64(m.memory.documents) + rooms*(rowsKept*rowBytes+roomBytes)
	figure := fmt.Sprintf("%.2f MB for %d rooms with %.2f MB of documents and %d rows",
		float64(m.memory.used)/1e6, m.shape.Rooms, float64(m.memory.documents)/1e6, m.memory.rows)
	return table.Most("    memory in Redis", figure, fmt.Sprintf("%.2f MB", bound/1e6),
		float64(m.memory.used), bound)
}

func (m measured) correct() table.Row {
	figure := fmt.Sprintf("nothing of %d deliveries lost or repeated; every document is what was sent",
		m.report.Due)
	if m.state != nil {
		figure = fmt.Sprintf("%.200v", m.state)
	}
	return table.New("    deliveries, documents", figure, "-", m.state == nil)
}

// scale measures what a delivered update costs with one node, two and four, with as many rooms at
// each: nodes are added for more people.
func (b *bench) scale(ctx context.Context) (rows []table.Row, err error) {
	var kinds []kind
	for _, nodes := range []int{1, 2, 4} {
		kinds = append(kinds, kind{
			name:  fmt.Sprintf("%d × 1,000 connections, hashing proxy, durability node", nodes),
			nodes: nodes, durability: "node",
			shape: load.Shape{Rooms: 100 * nodes, Clients: 10, Writers: 2},
		})
	}
	medians, err := b.median(ctx, load.Pace{Updates: 5, Moves: 2}, kinds...)
	if err != nil {
		return nil, err
	}
	for _, m := range medians {
		times := m.per() / medians[0].per()
		figure := fmt.Sprintf("%s: %.2f times", m.figure(), times)
		rows = append(rows, table.Most(m.name, figure, "1.15 times one node's", times, 1.15), m.correct())
	}
	return rows, nil
}
