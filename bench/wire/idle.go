package main

import (
	"context"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
)

const (
	renewal = 15 * time.Second // interval at which a y-websocket client renews its awareness
	inRoom  = 10
	spare   = 100 // files that are open anyway
)

// idleRows measures many clients that do nothing but renew their awareness.
func (b *bench) idleRows(ctx context.Context) ([]table.Row, error) {
	return b.idleOf(ctx, ours, "idle connections", 10)
}

// idleOf measures idle clients of a server, each of which may take so many KB.
func (b *bench) idleOf(
	ctx context.Context, p peer, what string, most float64,
) ([]table.Row, error) {
	n, note := b.connections, ""
	if files := openFiles() - spare; n > files {
		n, note = files/inRoom*inRoom, fmt.Sprintf(" (not %d: the machine allows %d files)", b.connections, files+spare)
	}
	s, err := b.start(ctx, p)
	if err != nil {
		return nil, err
	}
	defer s.End()
	before, _ := s.Memory()
	f, err := load.Connect(ctx, s.Target, load.Shape{Rooms: n / inRoom, Clients: inRoom}, b.stream)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Run(ctx, load.Pace{Renew: renewal, For: renewal}); err != nil {
		return nil, err
	}
	used := s.CPU()
	r, err := f.Run(ctx, load.Pace{Renew: renewal, For: b.idle})
	if err != nil {
		return nil, err
	}
	share := 100 * (s.CPU() - used).Seconds() / r.Took.Seconds()
	after, _ := s.Memory()
	each := float64(after-before) / float64(n)
	return []table.Row{
		table.New(
			fmt.Sprintf("%d %s, %d a room%s", n, what, inRoom, note),
			fmt.Sprintf("%.1f KB of resident memory each", each/1e3),
			fmt.Sprintf("≤ %.0f KB", most), each <= most*1e3),
		table.New("  with a renewal every 15 s", fmt.Sprintf("%.2f %% of the core, %d renewals relayed a second", share, int(float64(r.Moves)/r.Took.Seconds())), "≤ 3 %", share <= 3),
	}, nil
}
