package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
)

// addressed is our server with clients that speak Hocuspocus' protocol.
var addressed = peer{
	name: "civic-realtime with Hocuspocus' protocol", dialect: load.OurHocuspocus(),
	command: ours.command,
}

// documents measures what Hocuspocus' protocol costs: the memory of idle connections, and the
// processor of a busy room.
func (b *bench) documents(ctx context.Context) ([]table.Row, error) {
	rows, err := b.idleOf(ctx, addressed, "idle connections of Hocuspocus", 4)
	if err != nil {
		return rows, err
	}
	shape := load.Shape{Rooms: 1, Clients: 200, Writers: 20}
	pace := load.Pace{Updates: 10, For: b.runs, Patience: drain}
	var costs [2]float64
	for i, p := range []peer{ours, addressed} {
		m, err := b.measure(ctx, p, shape, pace)
		if err = errors.Join(err, m.state, m.report.Err()); err != nil {
			return rows, fmt.Errorf("%s: %w", p.name, err)
		}
		costs[i] = m.per()
	}
	return append(rows, table.New("200 clients, 20 write 10 updates a second, Hocuspocus",
		fmt.Sprintf("%.2f µs of CPU for each update delivered, y-websocket %.2f: %.2f times",
			costs[1], costs[0], costs[1]/costs[0]),
		"≤ 1.3 times", costs[1] <= 1.3*costs[0])), nil
}
