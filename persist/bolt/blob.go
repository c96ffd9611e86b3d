package bolt

import (
	"encoding/binary"

	"go.etcd.io/bbolt"
)

// chunkSize makes a leaf with two parts fill sixteen pages of 4 KiB and not one more.
const chunkSize = 32<<10 - 64

const chunkLen = 4

// chunkKey is prefix and the number of a part.
func chunkKey(prefix []byte, part int) []byte {
	return binary.BigEndian.AppendUint32(prefix[:len(prefix):len(prefix)], uint32(part))
}

// putBlob stores blob under prefix, in at least one part. b refers to blob until
// the transaction ends.
func putBlob(b *bbolt.Bucket, prefix, blob []byte) error {
	for part := 0; ; part++ {
		n := min(len(blob), chunkSize)
		if err := b.Put(chunkKey(prefix, part), blob[:n]); err != nil {
			return err
		}
		if blob = blob[n:]; len(blob) == 0 {
			return nil
		}
	}
}

// getBlob returns a copy of what is stored under prefix, nil if nothing is.
func getBlob(b *bbolt.Bucket, prefix []byte) (blob []byte) {
	var parts [][]byte
	size := 0
	for v := b.Get(chunkKey(prefix, 0)); v != nil; v = b.Get(chunkKey(prefix, len(parts))) {
		parts = append(parts, v)
		size += len(v)
	}
	if parts == nil {
		return nil
	}
	blob = make([]byte, 0, size)
	for _, part := range parts {
		blob = append(blob, part...)
	}
	return blob
}

// sizeOfBlob is the length of what is stored under prefix.
func sizeOfBlob(b *bbolt.Bucket, prefix []byte) (size int) {
	part := 0
	for v := b.Get(chunkKey(prefix, 0)); v != nil; v = b.Get(chunkKey(prefix, part)) {
		size += len(v)
		part++
	}
	return size
}

// deleteBlob removes what is stored under prefix.
func deleteBlob(b *bbolt.Bucket, prefix []byte) error {
	for part := 0; b.Get(chunkKey(prefix, part)) != nil; part++ {
		if err := b.Delete(chunkKey(prefix, part)); err != nil {
			return err
		}
	}
	return nil
}
