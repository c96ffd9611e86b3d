package engine

import (
	"log/slog"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// conflict is why the versions of a peer and of its room do not match. Native peers are told with VERSION_MISMATCH.
type conflict uint8

const (
	noConflict   conflict = iota
	lacksUpdate           // an update refers to something that the room lacks
	versionAhead          // the version that the peer says it has seen is above the room's
	conflictKinds
)

// conflictNames are labels of metrics, and values in the log.
var conflictNames = [conflictKinds]string{lacksUpdate: "missing", versionAhead: "ahead"}

var conflictTexts = [conflictKinds]string{
	lacksUpdate:  "something is missing here that the update refers to: send what the room's state vector lacks",
	versionAhead: "the version is ahead of the room's: go on from the room's, and send what its state vector lacks",
}

// maxLacks is how many ids are remembered of what a peer's updates refer to.
const maxLacks = 8

// resync requests p's state, now or later, as there is a conflict; lacks is what p's update
// refers to.
func (r *room) resync(p *Peer, why conflict, now time.Time, lacks yjs.ID) {
	if p.resync.lacks = append(p.resync.lacks, lacks); len(p.resync.lacks) > maxLacks {
		p.resync.lacks = slices.Delete(p.resync.lacks, 0, len(p.resync.lacks)-maxLacks)
	}
	p.resync.conflict = why
	r.requestMissing(p, now)
}

// unknownID stands for what is missing where it is not known what that is.
var unknownID = yjs.ID{Client: lib0.MaxSafeInteger, Clock: lib0.MaxSafeInteger}

// stillLacks says whether something of what p's updates refer to has not come since.
func (r *room) stillLacks(p *Peer) bool {
	return r.doc.PendingSize() > 0 && slices.ContainsFunc(p.resync.lacks, func(id yjs.ID) bool { return r.doc.Clock(id.Client) <= id.Clock })
}

// checkVersion is for an update that is merged with nothing missing. A peer may count it as the room's next version;
// one that is ahead of that is told so once, as nothing that is known is missing.
func (r *room) checkVersion(e entry, now time.Time) {
	if e.seen > r.version && !e.peer.resync.ahead {
		e.peer.resync.ahead, e.peer.resync.force = true, true
		r.resync(e.peer, versionAhead, now, unknownID)
	}
}

// clearConflict is for a peer that is sent no request after all.
func (p *Peer) clearConflict() { p.resync.conflict, p.resync.lacks = noConflict, nil }

// sendConflict sends p the reason of a request, and counts it. A peer of which something was
// refused has been sent that.
func (r *room) sendConflict(p *Peer) {
	why := p.resync.conflict
	if p.resync.conflict = noConflict; why == noConflict || p.refusal != nil {
		return
	}
	r.e.metrics.mismatches[why].Inc()
	r.e.logSampled(&r.e.mismatches, slog.LevelInfo, "version conflict", slog.Uint64("peer", p.id), slog.String("room", r.name),
		slog.String("user", p.who.ID), slog.String("reason", conflictNames[why]), slog.Uint64("version", r.version))
	if p.proto.Native() {
		p.sendMessage(outbound.Notice, protocol.Message{Kind: protocol.Failure, Code: protocol.CodeVersionMismatch, Text: conflictTexts[why]})
	}
}
