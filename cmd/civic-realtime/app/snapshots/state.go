package snapshots

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

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

// Errors of texts that name no room.
var (
	ErrRecordID = errors.New("is not a record's id")
	ErrRoomName = errors.New("is not the name of a room")
)

// ErrDeleted says that a room's document was deleted.
var ErrDeleted = errors.New("was deleted")

// Source reads the stored states of a room.
type Source interface {
	Load(ctx context.Context, room string) (snapshot []byte, rows [][]byte, err error)
	Version(ctx context.Context, room string, id uint64) (snapshot []byte, err error)
}

// State is a room's document: as it is stored, or a version of it. With no field but Snapshot it is
// a document in the memory of a server.
type State struct {
	snapshot.Snapshot

	// Steps is how many steps it may take to place the structs of the document, before As fails
	// with view.ErrBudget. 0: any number.
	Steps uint64

	blob []byte // the stored snapshot; nil: there is none
	rows int    // number of rows in the journal after the snapshot
}

// maxTombstone is the length of the longest snapshot of a document that was deleted, in bytes.
const maxTombstone = 512

// DeletedAt returns when the document of a room was deleted; zero if it was not, or that cannot be
// read. It reads only snapshots that are as short as those of deleted documents.
func DeletedAt(ctx context.Context, from Source, r persist.Room) time.Time {
	if r.Snapshot < 0 || r.Snapshot > maxTombstone {
		return time.Time{}
	}
	blob, rows, err := from.Load(ctx, r.Key)
	if d := stored.Deleted(blob, rows); err == nil && d.At != 0 {
		return time.UnixMilli(d.At)
	}
	return time.Time{}
}

// Read reads a version of a room; version 0 stands for the present state. Its error may be an
// ErrDeleted.
func Read(
	ctx context.Context, from Source, key roomkey.Key, version uint64,
) (s State, err error) {
	room := key.String()
	var rows [][]byte
	if version != 0 {
		s.blob, err = from.Version(ctx, room, version)
	} else {
		s.blob, rows, err = from.Load(ctx, room)
	}
	if errors.Is(err, persist.ErrVersion) {
		err = fmt.Errorf("%s has no version %d", Label(key), version)
	}
	if err != nil {
		return s, err
	}
	if s.rows = len(rows); s.blob == nil && s.rows == 0 {
		return s, fmt.Errorf("nothing is stored of %s", Label(key))
	}
	if d := stored.Deleted(s.blob, rows); d.At != 0 {
		at := time.UnixMilli(d.At).UTC().Format(time.RFC3339)
		return s, fmt.Errorf("%s %w at %s by %q", Label(key), ErrDeleted, at, d.By)
	}
	s.Snapshot, err = stored.Read(s.blob, rows, MaxBytes)
	return s, err
}

// RecordKey returns the key of a record's room. Its error is an ErrRecordID.
func RecordKey(id string) (roomkey.Key, error) {
	key, err := roomkey.New(roomkey.Record, id)
	if err != nil {
		err = fmt.Errorf("%q %w", id, ErrRecordID)
	}
	return key, err
}

// RoomKey returns the key of a room, of a record or any other. Its error is an ErrRoomName.
func RoomKey(name string) (roomkey.Key, error) {
	key, err := roomkey.Parse(name)
	if err != nil {
		err = fmt.Errorf("%q %w", name, ErrRoomName)
	}
	return key, err
}

// Label returns the name of a room for messages.
func Label(key roomkey.Key) string {
	if id, ok := key.Record(); ok {
		return fmt.Sprintf("record %q", id)
	}
	return fmt.Sprintf("room %q", key)
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

// view returns the document as it is shown.
func (s State) view() (*view.View, error) {
	if s.Steps > 0 {
		return view.New(s.update(), view.MaxSteps(s.Steps))
	}
	return view.New(s.update(), unlimited)
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
