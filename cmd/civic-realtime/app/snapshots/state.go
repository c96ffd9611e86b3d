package snapshots

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/persist"
)

// MaxBytes is the largest size of the document of a stored state.
const MaxBytes = 1 << 30

// unlimited lets a view use as many steps as its document needs.
var unlimited = view.MaxSteps(math.MaxUint64)

// ErrRecordID is returned for a text that cannot be a record's id.
var ErrRecordID = errors.New("is not a record's id")

// Source reads the stored states of a room.
type Source interface {
	Load(ctx context.Context, room string) (snapshot []byte, rows [][]byte, err error)
	Version(ctx context.Context, room string, id uint64) (snapshot []byte, err error)
}

// State is a record's document: as it is stored, or a version of it. With no field but Snapshot it
// is a document in the memory of a server.
type State struct {
	snapshot.Snapshot

	blob []byte // the stored snapshot; nil: there is none
	rows int    // number of rows in the journal after the snapshot
}

// Read reads a version of a record; version 0 stands for the present state.
func Read(ctx context.Context, from Source, record string, version uint64) (s State, err error) {
	room, err := roomOf(record)
	if err != nil {
		return s, err
	}
	var rows [][]byte
	if version != 0 {
		s.blob, err = from.Version(ctx, room, version)
	} else {
		s.blob, rows, err = from.Load(ctx, room)
	}
	if errors.Is(err, persist.ErrVersion) {
		err = fmt.Errorf("record %q has no version %d", record, version)
	}
	if err != nil {
		return s, err
	}
	if s.rows = len(rows); s.blob == nil && s.rows == 0 {
		return s, fmt.Errorf("nothing is stored of record %q", record)
	}
	s.Snapshot, err = stored.Read(s.blob, rows, MaxBytes)
	return s, err
}

// roomOf returns the key of a record's room.
func roomOf(record string) (string, error) {
	key, err := roomkey.New(roomkey.Record, record)
	if err != nil {
		return "", fmt.Errorf("%q %w", record, ErrRecordID)
	}
	return key.String(), nil
}

// RecordOf returns the record id of a room key, and other keys as they are.
func RecordOf(room string) string {
	key, err := roomkey.Parse(room)
	if id, ok := key.Record(); ok && err == nil {
		return id
	}
	return room
}

// Encode returns the state as a snapshot: the stored snapshot if there is one without rows after
// it, else one that is compressed by a.
func (s State) Encode(a snapshot.Algorithm) ([]byte, error) {
	if s.blob != nil && s.rows == 0 {
		return s.blob, nil
	}
	return snapshot.Append(nil, s.Snapshot, a)
}

func (s State) update() yjs.CheckedUpdate { return yjs.Trust(s.State) }

// Facts describes the state in one line, without its text.
func (s State) Facts() string {
	if s.blob == nil {
		return fmt.Sprintf("no snapshot; %d updates in the journal, version %d", s.rows, s.Snapshot.Version)
	}
	h, err := snapshot.Stat(s.blob)
	if err != nil {
		return err.Error()
	}
	facts := fmt.Sprintf("snapshot of version %d, %v, %d bytes for %d, checksum ok", h.Version, h.Algorithm, len(s.blob), h.Size)
	if s.rows > 0 {
		facts += fmt.Sprintf("; %d rows in the journal since, to version %d", s.rows, s.Snapshot.Version)
	}
	return facts
}
