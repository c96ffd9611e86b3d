package engine

import (
	"context"
	"log/slog"
	"slices"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// stateless passes a Stateless message on to the other peers whose protocol has a form for it. Its
// text is not kept: a client whose queue is full does not get it. The sender has no way to learn
// that a message was not relayed, so that is counted, and logged once for each connection.
func (p *Peer) stateless(h *decodeState) error {
	outcome := p.mayRelay(len(h.message.Body))
	if outcome != statelessRelayed {
		p.statelessRefused(outcome)
		return nil
	}
	m := protocol.Message{Kind: protocol.Stateless, Body: h.message.Body}
	err := h.runLocked(p.room, func() { p.room.relayStateless(p, m) })
	if err == nil {
		p.room.e.metrics.stateless[outcome].Inc()
	}
	return err
}

func (p *Peer) mayRelay(bytes int) statelessOutcome {
	cfg := p.room.e.cfg()
	switch {
	case !slices.Contains(cfg.Stateless, p.room.key.Kind()):
		return statelessNotHere
	case bytes > cfg.StatelessBytes:
		return statelessTooLarge
	}
	return statelessRelayed
}

func (p *Peer) statelessRefused(outcome statelessOutcome) {
	e := p.room.e
	e.metrics.stateless[outcome].Inc()
	if p.unheard {
		return
	}
	p.unheard = true
	e.log.LogAttrs(context.Background(), slog.LevelInfo, "stateless message not relayed",
		slog.Uint64("peer", p.id), slog.String("room", p.room.name),
		slog.String("user", p.identity.ID),
		slog.String("reason", statelessOutcomeNames[outcome]))
}

// relayStateless is called with mu held.
func (r *room) relayStateless(from *Peer, m protocol.Message) {
	if r.discards(from) {
		return
	}
	var encoded outbound.PerProtocol[*outbound.Message]
	for _, p := range r.peers {
		if p != from && p.welcomed {
			p.send(encoded.For(p.proto, func() *outbound.Message {
				return outbound.Encode(outbound.Transient, p.proto, m)
			}))
		}
	}
}
