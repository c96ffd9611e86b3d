package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
	"github.com/civicpress/civic-realtime/codec/protocol"
)

// compression measures joins to the B4 document with compression and without, on one server.
func (b *bench) compression(ctx context.Context) (rows []table.Row, err error) {
	b.packed = filepath.Join(b.dir, "compression.yml")
	const file = "realtime: {compression: large}\n"
	if err := os.WriteFile(b.packed, []byte(file), 0o600); err != nil {
		return nil, err
	}
	s, err := b.start(ctx, packing)
	if err != nil {
		return nil, err
	}
	defer s.End()
	host, err := load.Visit(ctx, s.Target, "b4")
	if err != nil {
		return nil, err
	}
	defer host.Leave()
	if err := host.Put(b.state); err != nil {
		return nil, err
	}
	other, err := load.Visit(ctx, s.Target, "b4") // y-websocket's reply is one message
	if err != nil {
		return nil, err
	}
	defer other.Leave()
	document := other.Received()
	for _, p := range []protocol.Protocol{
		protocol.YWebsocket{}, protocol.JSON{}, protocol.MsgPack{},
	} {
		r, err := compressed(ctx, s, p, document)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", p.Name(), err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// compressed makes the row of a protocol.
func compressed(
	ctx context.Context, s *server, p protocol.Protocol, document int,
) (r table.Row, err error) {
	target := load.Target{Addr: s.Target.Addr, Dialect: load.Ours(p)}
	plain, plainCPU, err := joinedWith(ctx, s, target, document)
	if err != nil {
		return r, err
	}
	target.Compress = true
	packed, packedCPU, err := joinedWith(ctx, s, target, document)
	if err != nil {
		return r, err
	}
	figure := fmt.Sprintf("%.1f KB of %.1f KB, %.0f %%; %.2f ms of CPU each, %.2f ms without",
		float64(packed)/1e3, float64(plain)/1e3, 100*float64(packed)/float64(plain),
		packedCPU, plainCPU)
	return table.New("join to B4 with compression, "+p.Name(), figure, "≤ half of the bytes",
		2*packed <= plain), nil
}

// joinedWith returns the bytes that a guest receives from the network until it has the document,
// and the processor time of a join, in milliseconds. The guests overlap, as in a room in use, so
// they share what was encoded and compressed for the first.
func joinedWith(
	ctx context.Context, s *server, target load.Target, document int,
) (bytes int, cpu float64, err error) {
	const n = 100
	first, err := visit(ctx, target, document)
	if err != nil {
		return 0, 0, err
	}
	defer first.Leave()
	before := s.CPU()
	for range n {
		g, err := visit(ctx, target, document)
		if err != nil {
			return 0, 0, err
		}
		g.Leave()
	}
	return first.Wire(), (s.CPU() - before).Seconds() * 1e3 / n, nil
}

// visit joins the room of the document, and waits until so many bytes of it have come.
func visit(ctx context.Context, target load.Target, document int) (*load.Guest, error) {
	g, err := load.Visit(ctx, target, "b4")
	if err != nil {
		return nil, err
	}
	for ctx.Err() == nil && g.Received() < document {
		time.Sleep(time.Millisecond)
	}
	return g, ctx.Err()
}
