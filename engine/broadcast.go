package engine

import (
	"bytes"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// audience is who a broadcast is for.
type audience uint8

const (
	everybody audience = iota
	natives            // whose protocols have rooms and people
	others             // whose have not
)

func (a audience) has(p *Peer) bool {
	return p.welcomed && (a == everybody || p.proto.Native() == (a == natives))
}

// broadcast sends m to all peers of an audience but one, encoded once per
// protocol. The body of a batch is kept, that of another class borrowed.
func (r *room) broadcast(c class, m protocol.Message, to audience, but *Peer) {
	r.told = time.Now()
	same := make([]sealed, 0, 4)
	for _, p := range r.peers {
		if p != but && to.has(p) {
			p.send(sealedFor(&same, c, p.proto, m))
		}
	}
}

// publish sends an update to everyone but one, cut to what fits each protocol's
// messages.
func (r *room) publish(update []byte, version uint64, from string, but *Peer) {
	r.told = time.Now()
	var same []sealedBatch
	for _, p := range r.peers {
		if p != but && p.welcomed {
			for _, part := range sealedBatchFor(&same, p.proto, update, version, from) {
				p.send(part)
			}
		}
	}
}

// sealedBatch is an update finished for one protocol.
type sealedBatch struct {
	proto protocol.Protocol
	parts []*parcel
}

func sealedBatchFor(same *[]sealedBatch, proto protocol.Protocol, update []byte, version uint64, from string) []*parcel {
	for _, s := range *same {
		if s.proto == proto {
			return s.parts
		}
	}
	parts := sealBatch(proto, update, version, from)
	*same = append(*same, sealedBatch{proto, parts})
	return parts
}

// sealBatch is apart from who looks for it, as the parts that it gathers cost an allocation.
func sealBatch(proto protocol.Protocol, update []byte, version uint64, from string) (parts []*parcel) {
	eachPart(update, proto, func(part []byte) {
		m := protocol.Message{Kind: protocol.Update, Body: bytes.Clone(part), Version: version, From: from}
		parts = append(parts, seal(batch, proto, m))
	})
	return parts
}

// warnOfSize says, once each while the room is loaded, that the document is large, and that it had
// better be split. mu is held.
func (r *room) warnOfSize(size int) {
	switch {
	case size > r.e.cfg.DocumentSplitBytes && !r.advised:
		r.warned, r.advised = true, true
		r.warn("document is very large", "document is very large: consider splitting it", r.e.metrics.veryLarge)
	case size > r.e.cfg.DocumentWarnBytes && !r.warned:
		r.warned = true
		r.warn("document is large", "document is large", r.e.metrics.large)
	}
}

func (r *room) warn(event, text string, counted *metrics.Counter) {
	counted.Inc()
	r.e.log.Warn(event, slog.String("room", r.name), slog.Int("bytes", r.doc.Size()))
	r.broadcast(notice, protocol.Message{Kind: protocol.Notice, Code: protocol.Warning, Text: text}, natives, nil)
}
