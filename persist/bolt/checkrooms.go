package bolt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// strayKeys reports keys of the database that belong to no room, row or version.
func (k *checking) strayKeys() {
	var before []byte
	c := k.tx.Bucket(journalBucket).Cursor()
	for key, value := c.First(); key != nil; key, value = c.Next() {
		if why := strayChunk(before, key, value); why != "" {
			k.Report(Finding{Place: PlaceJournal, Reason: why})
		}
		before = key
	}
	k.strayValues(PlaceSnapshot, snapshotBucket)
	k.strayValues(PlaceVersion, versionBucket)
	c = k.tx.Bucket(expiryBucket).Cursor()
	for key, at := c.First(); key != nil; key, at = c.Next() {
		e, listed := k.x.stored[wal.IDOf(string(key))]
		if !listed || len(at) != timeLen || binary.BigEndian.Uint64(at) != e.expires {
			k.Report(Finding{Place: PlaceExpiry, Room: string(key), Harmless: true,
				Reason: "it is not the one in the list of rooms, and is made anew when the store is opened"})
		}
	}
}

// marks reports marks that cannot be read.
func (k *checking) marks() {
	_, faulty := marksIn(k.tx)
	for _, room := range faulty {
		k.Report(Finding{Place: PlaceMark, Room: room, Harmless: true,
			Reason: errMark.Error() + ", and the whole room counts as unsent"})
	}
}

func (k *checking) strayValues(place Place, name []byte) {
	c := k.tx.Bucket(name).Cursor()
	for key, value := c.First(); key != nil; key, value = c.Next() {
		if value != nil {
			k.Report(Finding{Place: place, Room: string(key), Reason: "a value is where a bucket should be"})
		}
	}
}

// strayChunk returns why a key of the journal is not where it should be, empty if it is.
func strayChunk(before, key, value []byte) string {
	switch {
	case value == nil:
		return "a bucket is where a row should be"
	case len(key) != keyLen+chunkLen:
		return "a key that no row has"
	}
	n := binary.BigEndian.Uint32(key[keyLen:])
	if n > 0 && !bytes.Equal(before, chunkKey(key[:keyLen], int(n-1))) {
		return "a chunk of a row without the chunk before it"
	}
	return ""
}

// rooms checks the rooms of the database, in order of their keys.
func (k *checking) rooms() {
	byName := func(a, b wal.RoomID) int { return cmp.Compare(k.x.rooms[a].name, k.x.rooms[b].name) }
	for _, id := range slices.SortedFunc(maps.Keys(k.x.rooms), byName) {
		k.room(id, k.x.rooms[id].name)
	}
}

func (k *checking) room(id wal.RoomID, name string) {
	k.Rooms++
	snapshot, through, err := getSnapshot(k.tx, name)
	whole := err == nil
	if err != nil {
		k.Report(Finding{Place: PlaceSnapshot, Room: name, Reason: err.Error()})
	}
	if snapshot != nil {
		k.Snapshots++
	}
	var blobs [][]byte
	k.Rows += len(k.x.index[id])
	for _, row := range readRows(k.tx, id, k.x.index[id], 0) {
		seq := row.Key.Seq()
		blob, err := row.Blob(name)
		if err != nil {
			whole = false
			k.rows[seq] = true
			k.Report(Finding{Place: PlaceJournal, Room: name, Row: seq, Reason: err.Error()})
		} else if seq > through {
			blobs = append(blobs, blob)
		}
	}
	for _, row := range k.log[id] {
		if blob, err := row.Blob(name); err == nil && row.Key.Seq() > through {
			blobs = append(blobs, blob)
		}
	}
	delete(k.log, id)
	_, faulty := k.x.faults[id]
	if whole && !faulty && !k.x.rooms[id].damaged {
		k.document(Finding{Room: name}, snapshot, blobs)
	}
	k.versions(name)
}

// document checks the document that a snapshot and rows make, if there are any.
func (k *checking) document(of Finding, snapshot []byte, rows [][]byte) {
	if k.Document == nil || snapshot == nil && len(rows) == 0 {
		return
	}
	if err := k.Document(snapshot, rows); err != nil {
		of.Place, of.Reason = PlaceDocument, err.Error()
		k.Report(of)
	}
}

func (k *checking) versions(room string) {
	all := k.tx.Bucket(versionBucket).Bucket([]byte(room))
	if all == nil {
		return
	}
	_ = all.ForEach(func(key, value []byte) error {
		if value != nil || len(key) != seqLen {
			k.Report(Finding{Place: PlaceVersion, Room: room, Reason: "a key that no version has"})
			return nil
		}
		k.Versions++
		of := Finding{Place: PlaceVersion, Room: room, Version: binary.BigEndian.Uint64(key)}
		blob, err := getVersion(k.tx, room, of.Version)
		if err != nil {
			of.Reason = err.Error()
			if corrupt := new(persist.CorruptError); errors.As(err, &corrupt) {
				of.Reason = corrupt.Reason // the rest is in the finding
			}
			k.Report(of)
			return nil
		}
		if why := metaFault(k.tx, room, of.Version); why != nil {
			fault := of
			fault.Reason = why.Reason
			k.Report(fault)
		}
		k.document(of, blob, nil)
		return nil
	})
}

// logRooms checks rooms of which only the log has anything.
func (k *checking) logRooms() {
	byRoom := func(a, b []wal.Row) int { return cmp.Compare(a[0].Owner(), b[0].Owner()) }
	for _, rows := range slices.SortedFunc(maps.Values(k.log), byRoom) {
		room := rows[0].Owner()
		k.Rooms++
		var blobs [][]byte
		for _, row := range rows {
			if blob, err := row.Blob(room); err == nil {
				blobs = append(blobs, blob)
			}
		}
		k.document(Finding{Room: room}, nil, blobs)
	}
	clear(k.log)
}
