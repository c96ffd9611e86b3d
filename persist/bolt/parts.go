package bolt

import (
	"encoding/binary"

	"go.etcd.io/bbolt"
)

// partSize makes a leaf with two parts fill sixteen pages of 4 KiB and not one more.
const partSize = 32<<10 - 64

const partLen = 4

// partKey is prefix and the number of a part.
func partKey(prefix []byte, part int) []byte {
	return binary.BigEndian.AppendUint32(prefix[:len(prefix):len(prefix)], uint32(part))
}

// putParts stores blob under prefix, in at least one part. b refers to blob until
// the transaction ends.
func putParts(b *bbolt.Bucket, prefix, blob []byte) error {
	for part := 0; ; part++ {
		n := min(len(blob), partSize)
		if err := b.Put(partKey(prefix, part), blob[:n]); err != nil {
			return err
		}
		if blob = blob[n:]; len(blob) == 0 {
			return nil
		}
	}
}

// getParts returns a copy of what is stored under prefix, nil if nothing is.
func getParts(b *bbolt.Bucket, prefix []byte) (blob []byte) {
	var parts [][]byte
	size := 0
	for v := b.Get(partKey(prefix, 0)); v != nil; v = b.Get(partKey(prefix, len(parts))) {
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

// sizeOfParts is the length of what is stored under prefix.
func sizeOfParts(b *bbolt.Bucket, prefix []byte) (size int) {
	part := 0
	for v := b.Get(partKey(prefix, 0)); v != nil; v = b.Get(partKey(prefix, part)) {
		size += len(v)
		part++
	}
	return size
}

// deleteParts removes what is stored under prefix.
func deleteParts(b *bbolt.Bucket, prefix []byte) error {
	for part := 0; b.Get(partKey(prefix, part)) != nil; part++ {
		if err := b.Delete(partKey(prefix, part)); err != nil {
			return err
		}
	}
	return nil
}
