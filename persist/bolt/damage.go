package bolt

import (
	"encoding/binary"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// putDamage records that a room's stored state is damaged. The room fails from then on, until
// Quarantine.
func putDamage(tx *bbolt.Tx, id wal.RoomID, d persist.Damage) error {
	return tx.Bucket(damageBucket).Put(id[:], damageValue(d))
}

// damageValue returns the value of the bucket damage for d.
func damageValue(d persist.Damage) []byte {
	b := binary.BigEndian.AppendUint64(appendTime(nil, d.Time), d.Seq)
	b = append(binary.AppendUvarint(b, uint64(len(d.Room))), d.Room...)
	return append(b, d.Reason...)
}

func readDamage(b []byte) (d persist.Damage) {
	if len(b) < timeLen+seqLen {
		return persist.Damage{Reason: "not known any more"}
	}
	d.Time, d.Seq = readTime(b), binary.BigEndian.Uint64(b[timeLen:])
	b = b[timeLen+seqLen:]
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return d
	}
	end := used + int(n)
	d.Room, d.Reason = string(b[used:end]), strings.ToValidUTF8(string(b[end:]), "?")
	return d
}

// damageOf returns a persist.CorruptError if the room fails.
func damageOf(tx *bbolt.Tx, id wal.RoomID, room string) error {
	stored := tx.Bucket(roomBucket).Get(id[:])
	if stored == nil {
		return nil
	}
	e, err := decodeEntry(id, stored)
	if err != nil {
		return &persist.CorruptError{Room: room, Reason: err.Error()}
	}
	if !e.damaged {
		return nil
	}
	d := readDamage(tx.Bucket(damageBucket).Get(id[:]))
	return &persist.CorruptError{Room: room, Seq: d.Seq, Reason: d.Reason}
}
