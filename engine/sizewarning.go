package engine

import (
	"log/slog"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// warnOfSize reports that the document is large, and that it should be split, each once while the
// room is loaded. mu is held.
func (r *room) warnOfSize(size int) {
	switch {
	case size > r.e.cfg().DocumentSplitBytes && !r.advisedSplit:
		r.warnedLarge, r.advisedSplit = true, true
		const text = "document is very large: consider splitting it"
		r.warn("document is very large", text, r.e.metrics.veryLarge)
	case size > r.e.cfg().DocumentWarnBytes && !r.warnedLarge:
		r.warnedLarge = true
		r.warn("document is large", "document is large", r.e.metrics.large)
	}
}

// warn counts, logs and sends a warning about the document's size.
func (r *room) warn(event, text string, counted *metrics.Counter) {
	counted.Inc()
	r.e.log.Warn(event, slog.String("room", r.name), slog.Int("bytes", r.doc.Size()))
	m := protocol.Message{Kind: protocol.Notice, Code: protocol.Warning, Text: text}
	r.broadcast(outbound.Notice, m, natives)
}
