package bolt

import (
	"encoding/binary"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// metaKey is the key of a version's metadata, which programs that do not know it leave alone.
// Versions of earlier releases have none.
var metaKey = []byte("meta")

// versionMetaLen is the length of metadata without its texts, in bytes.
const versionMetaLen = sumLen + timeLen + 8

// appendVersionMeta appends the metadata of version v: a checksum over its room, its id and all
// that follows, the time at which it was kept, the id of the version that replaced it, and four
// texts, each after its length as a varint.
func appendVersionMeta(dst []byte, room string, v persist.Version) []byte {
	var at [timeLen]byte
	if !v.Kept.IsZero() {
		appendTime(at[:0], v.Kept)
	}
	body := binary.BigEndian.AppendUint64(at[:], v.RestoredFrom)
	for _, text := range []string{v.Name, v.By, v.ByName, v.For} {
		body = append(binary.AppendUvarint(body, uint64(len(text))), text...)
	}
	return append(binary.BigEndian.AppendUint32(dst, metaSum(room, v.ID, body)), body...)
}

func metaSum(room string, id uint64, body []byte) uint32 {
	return wal.Checksum(versionKey(id), []byte(room), body)
}

// readVersionMeta sets the metadata of v. It returns false if that is damaged.
func readVersionMeta(room string, v *persist.Version, stored []byte) bool {
	if stored == nil {
		return true
	}
	if len(stored) < versionMetaLen {
		return false
	}
	body := stored[sumLen:]
	if metaSum(room, v.ID, body) != binary.BigEndian.Uint32(stored) {
		return false
	}
	if at := binary.BigEndian.Uint64(body); at != 0 {
		v.Kept = readTime(body)
	}
	v.RestoredFrom = binary.BigEndian.Uint64(body[timeLen:])
	body = body[timeLen+8:]
	for _, text := range []*string{&v.Name, &v.By, &v.ByName, &v.For} {
		length, n := binary.Uvarint(body)
		if n <= 0 || length > uint64(len(body)-n) {
			return false
		}
		body = body[n:]
		*text, body = string(body[:length]), body[length:]
	}
	return true
}

// lostName is the name of a version whose metadata is damaged: it may have had one, and is not
// deleted for others.
const lostName = "damaged"

// readVersion describes the version in bucket b.
func readVersion(room string, id []byte, b *bbolt.Bucket) persist.Version {
	v := readVersionHead(id, b.Get(headKey))
	if meta := v; readVersionMeta(room, &meta, b.Get(metaKey)) {
		return meta
	}
	v.Name = lostName
	return v
}

// metaFault returns the damage of the metadata of a version; nil if there is none.
func metaFault(tx *bbolt.Tx, room string, id uint64) *persist.CorruptError {
	b := tx.Bucket(versionBucket).Bucket([]byte(room)).Bucket(versionKey(id))
	v := persist.Version{ID: id}
	if readVersionMeta(room, &v, b.Get(metaKey)) {
		return nil
	}
	const why = "its name and its users are damaged; renaming it repairs it"
	return &persist.CorruptError{Room: room, ID: id, Reason: why}
}
