package bolt

import (
	"encoding/binary"

	"go.etcd.io/bbolt"
)

// chunkSize is the most that one value holds, in bytes. A leaf with two such chunks fills sixteen
// pages of 4 KiB and not one more.
const chunkSize = 32<<10 - 64

const chunkLen = 4

// chunkKey returns prefix with the number of a chunk behind it.
func chunkKey(prefix []byte, chunk int) []byte {
	return binary.BigEndian.AppendUint32(prefix[:len(prefix):len(prefix)], uint32(chunk))
}

// putBlob stores blob under prefix, in at least one chunk. b refers to blob until the transaction
// ends.
func putBlob(b *bbolt.Bucket, prefix, blob []byte) error {
	for chunk := 0; ; chunk++ {
		n := min(len(blob), chunkSize)
		if err := b.Put(chunkKey(prefix, chunk), blob[:n]); err != nil {
			return err
		}
		if blob = blob[n:]; len(blob) == 0 {
			return nil
		}
	}
}

// getBlob returns a copy of the blob that is stored under prefix, nil if there is none.
func getBlob(b *bbolt.Bucket, prefix []byte) (blob []byte) {
	var chunks [][]byte
	size := 0
	for v := b.Get(chunkKey(prefix, 0)); v != nil; v = b.Get(chunkKey(prefix, len(chunks))) {
		chunks = append(chunks, v)
		size += len(v)
	}
	if chunks == nil {
		return nil
	}
	blob = make([]byte, 0, size)
	for _, chunk := range chunks {
		blob = append(blob, chunk...)
	}
	return blob
}

// sizeOfBlob returns the length of the blob that is stored under prefix, in bytes.
func sizeOfBlob(b *bbolt.Bucket, prefix []byte) (size int) {
	chunk := 0
	for v := b.Get(chunkKey(prefix, 0)); v != nil; v = b.Get(chunkKey(prefix, chunk)) {
		size += len(v)
		chunk++
	}
	return size
}

// deleteBlob deletes the blob that is stored under prefix.
func deleteBlob(b *bbolt.Bucket, prefix []byte) error {
	for chunk := 0; b.Get(chunkKey(prefix, chunk)) != nil; chunk++ {
		if err := b.Delete(chunkKey(prefix, chunk)); err != nil {
			return err
		}
	}
	return nil
}
