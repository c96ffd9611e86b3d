package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/civicpress/civic-realtime/bench/table"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// wires are the protocols with the bytes that each may cost beyond an update, 0 for any number.
var wires = []struct {
	protocol.Protocol
	overhead int
}{{protocol.YWebsocket{}, 0}, {protocol.MsgPack{}, 8}, {protocol.JSON{}, 0}}

// protocols measures receiving and sending one typed character.
func (b *bench) protocols(context.Context) (rows []table.Row, err error) {
	const k = 1000 // somewhere in a session
	update := b.stream.Append(nil, k, 1<<31)
	m := protocol.Message{Kind: protocol.Update, Body: update, Version: k}
	for _, p := range wires {
		in, out := allocations(p.Protocol, m)
		rows = append(rows, table.New(p.Name()+": allocations in, out", fmt.Sprintf("%.0f, %.0f", in, out), "0, 0", in == 0 && out == 0))
		payload := p.Append(nil, m)
		header := len(websocket.AppendHeader(nil, websocket.OpBinary, true, len(payload)))
		r := table.New("  bytes on the wire", fmt.Sprintf("%d for an update of %d, and %d of WebSocket's", len(payload), len(update), header), "-", true)
		if p.overhead > 0 {
			r.Bound = fmt.Sprintf("≤ %d beyond the update", p.overhead)
			r.OK = len(payload) <= len(update)+p.overhead
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// allocations counts the allocations of decoding m and of encoding it.
func allocations(p protocol.Protocol, m protocol.Message) (in, out float64) {
	const runs = 1000
	sent := p.Append(nil, m)
	frame, dst := make([]byte, len(sent)), make([]byte, 0, 2*len(sent))
	var got protocol.Message
	in = testing.AllocsPerRun(runs, func() {
		copy(frame, sent) // Next may write into it
		if _, err := p.Next(frame, &got); err != nil || got.Kind != protocol.Update {
			panic(fmt.Sprintf("%s does not read what it wrote: %v", p.Name(), err))
		}
	})
	out = testing.AllocsPerRun(runs, func() { dst = p.Append(dst[:0], m) })
	return in, out
}
