package clustertest_test

import (
	"maps"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/cluster/roomstate"
)

// ids is a document: each id is a letter that the Yjs client with that number has typed, and
// nothing else. So the document's state vector says what is in it.
type ids map[uint64]bool

// firstID is the id before the first.
const firstID = 1000

func (s ids) add(other ids) { maps.Copy(s, other) }

// with returns a copy that has the other ids as well.
func (s ids) with(other ids) ids {
	all := maps.Clone(s)
	all.add(other)
	return all
}

// without returns what s has and other lacks.
func (s ids) without(other ids) ids {
	missing := ids{}
	for id := range s {
		if !other[id] {
			missing[id] = true
		}
	}
	return missing
}

func (s ids) sorted() []uint64 { return slices.Sorted(maps.Keys(s)) }

// update returns the ids as a Yjs update: one struct for each client, at clock 0.
func (s ids) update() []byte {
	b := lib0.AppendUvarint(nil, uint64(len(s)))
	for _, id := range slices.Backward(s.sorted()) {
		b = lib0.AppendUvarint(append(b, 1), id)
		b = append(b, 0, 4, 1, 1, 't', 1, 'x') // clock, string, in the root "t": "x"
	}
	return append(b, 0) // nothing is deleted
}

// stateVector returns the state vector of a document.
func (s ids) stateVector() []byte {
	var v yjs.StateVector
	for id := range s {
		v = append(v, yjs.ID{Client: id, Clock: 1})
	}
	return v.Append(nil)
}

// inVector returns the ids that a state vector says.
func inVector(b []byte) ids {
	v, err := yjs.ParseStateVector(nil, b)
	if err != nil {
		panic(err)
	}
	s := ids{}
	for _, id := range v {
		s[id.Client] = true
	}
	return s
}

// inUpdate returns the ids of an update.
func inUpdate(b []byte) ids {
	u, err := yjs.CheckUpdate(b)
	if err != nil {
		panic(err)
	}
	s := ids{}
	for section := range u.Sections() {
		s[section.Client] = true
	}
	return s
}

// message returns a message in the protocol of y-websocket.
func message(kind protocol.Kind, body []byte) []byte {
	return protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: kind, Body: body})
}

// inStored returns the ids of a stored room.
func inStored(blob []byte, rows [][]byte) (ids, error) {
	s, err := roomstate.Read(blob, rows, maxDocument)
	if err != nil {
		return nil, err
	}
	stored, err := s.Snapshot(snapshot.Raw)
	if err != nil {
		return nil, err
	}
	x, err := snapshot.Decode(stored, maxDocument)
	return inUpdate(x.State), err
}
