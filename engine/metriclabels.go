package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// The labels of metrics are closed sets: every counter exists from the start, and no message of a
// client can add one. otherLabel stands for everything that is in none of the sets.
const otherLabel = "other"

// kindNames are the labels of the kinds of messages.
var kindNames = [protocol.Kinds]string{
	0:                         otherLabel,
	protocol.SyncRequest:      "sync_request",
	protocol.SyncReply:        "sync_reply",
	protocol.Update:           "update",
	protocol.Awareness:        "awareness",
	protocol.AwarenessRequest: "awareness_request",
	protocol.Cursor:           "cursor",
	protocol.Joined:           "joined",
	protocol.Left:             "left",
	protocol.RoomState:        "room_state",
	protocol.Ack:              "ack",
	protocol.Failure:          "error",
	protocol.Notice:           "notice",
	protocol.Revoked:          "revoked",
	protocol.Auth:             "auth",
	protocol.Ping:             "ping",
	protocol.Pong:             "pong",
	protocol.Signal:           "signal",
	protocol.Kick:             "kick",
	protocol.Lock:             "lock",
	protocol.Unlock:           "unlock",
	protocol.Stateless:        "stateless",
	protocol.Access:           "access",
	protocol.Refusal:          "refusal",
	protocol.TokenRequest:     "token_request",
	protocol.Detach:           "detach",
	protocol.Unknown:          "unknown",
}

// fromServers are the kinds that no client may send; from a client they count as otherLabel.
var fromServers = []protocol.Kind{protocol.RoomState, protocol.Ack, protocol.Failure,
	protocol.Revoked, protocol.Pong, protocol.Access, protocol.Refusal, protocol.TokenRequest,
	protocol.Detach}

// fromClients are the kinds that an engine does not send.
var fromClients = []protocol.Kind{protocol.AwarenessRequest, protocol.Ping, protocol.Kick,
	protocol.Lock, protocol.Unlock, protocol.Unknown, protocol.Refusal, protocol.TokenRequest,
	protocol.Detach}

// protocolName returns the label of protocol number i (protocol.Number).
func protocolName(i int) string {
	if i < len(protocol.All) {
		return protocol.All[i].Name()
	}
	return otherLabel
}

// traffic counts messages by number of the protocol and kind.
type traffic [len(protocol.All) + 1][protocol.Kinds]*metrics.Counter

// newTraffic adds counters of that name for all protocols and kinds. Some kinds count as
// otherLabel.
func newTraffic(s *metrics.Set, name string, others []protocol.Kind) (t traffic) {
	for proto := range t {
		for kind := range t[proto] {
			label := kindNames[kind]
			if slices.Contains(others, protocol.Kind(kind)) {
				label = otherLabel
			}
			t[proto][kind] = s.GetOrCreateCounter(
				fmt.Sprintf("%s{protocol=%q,kind=%q}", name, protocolName(proto), label))
		}
	}
	return t
}

// invalidReasons are the reasons for which messages cannot be read.
var invalidReasons = []error{
	ErrMessages, ydoc.ErrNesting, awareness.ErrTooLarge, awareness.ErrClock,
	protocol.ErrMessage, protocol.ErrBase64,
	lib0.ErrTruncated, lib0.ErrTrailing, lib0.ErrOverflow, lib0.ErrUTF8, lib0.ErrCount,
	lib0.ErrAnyTag, lib0.ErrDepth, lib0.ErrPrototype,
	jsontext.ErrSyntax, jsontext.ErrNumber, jsontext.ErrNotObject,
	yjs.ErrClock, yjs.ErrClient, yjs.ErrSection, yjs.ErrLength, yjs.ErrOrder, yjs.ErrFuture,
	yjs.ErrContentRef, yjs.ErrTypeRef, yjs.ErrParentInfo, yjs.ErrDocOptions, yjs.ErrDocOption,
}

// invalidReason returns the position of a reason in invalidReasons; one beyond the last if it is
// not listed.
func invalidReason(reason error) int {
	for i, known := range invalidReasons {
		if errors.Is(reason, known) {
			return i
		}
	}
	return len(invalidReasons)
}

// statelessOutcome is what became of a Stateless message. It is a label of a metric.
type statelessOutcome uint8

const (
	statelessRelayed  statelessOutcome = iota
	statelessNotHere                   // no such messages are relayed in rooms of this kind
	statelessTooLarge                  // it is longer than Config.StatelessBytes
	statelessOutcomes
)

var statelessOutcomeNames = [statelessOutcomes]string{"relayed", "not_allowed", "too_large"}
