package recordsync

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// rowClaims are the texts that a room was about to save as drafts since it has its merge base, on a
// node without Claims. While the record may have one of them it is not known which: a call of
// Records has failed, or the process was killed before it noted the result. A text is in a row of
// the journal, with all of the document that it was made of, before it is saved.
type rowClaims struct {
	hashes      [][sha256.Size]byte // of the texts, oldest first; at most maxRowClaims
	unjournaled int                 // how many of the newest are in no row yet
	inRow       bool                // some are in a row that may not be durable yet
	waiter      chan struct{}       // closed when all are durable, or not waited for; nil for none
}

// maxRowClaims is how many claims are kept. Of more the oldest stays, as the record may have that
// text since its API has failed for the first time, and the newest.
const maxRowClaims = 16

// add adds the hash of a text, unless it is there.
func (c *rowClaims) add(hash [sha256.Size]byte) {
	if slices.Contains(c.hashes, hash) {
		return
	}
	if len(c.hashes) == maxRowClaims {
		c.hashes = slices.Delete(c.hashes, 1, 2)
	}
	c.hashes = append(c.hashes, hash)
	c.unjournaled = min(c.unjournaled+1, len(c.hashes))
}

// await returns a channel that is closed when all claims are durable; nil if they are.
func (c *rowClaims) await() <-chan struct{} {
	if c.unjournaled == 0 && !c.inRow {
		return nil
	}
	c.waiter = make(chan struct{})
	return c.waiter
}

func (c *rowClaims) endWait() {
	if c != nil && c.waiter != nil {
		close(c.waiter)
		c.waiter = nil
	}
}

// Claims in a row are those that no row before it has; a snapshot has all:
//
//	generation of the merge base:varUint  hashes:32 bytes each
//
// They hold as long as there is no later merge base.

func appendClaims(dst []byte, generation uint64, hashes [][sha256.Size]byte) []byte {
	if len(hashes) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, generation)
	for i := range hashes {
		dst = append(dst, hashes[i][:]...)
	}
	return dst
}

// claimedSince are the claims that a room has stored since it had a merge base.
type claimedSince struct {
	generation uint64 // of the merge base
	rowClaims
}

// addStored adds the claims of a row or a snapshot, unless they are older. Claims that cannot be
// read are none: the document counts for more.
func (c *claimedSince) addStored(b []byte) {
	generation, n := binary.Uvarint(b)
	if n <= 0 || (len(b)-n)%sha256.Size != 0 || generation < c.generation {
		return
	}
	if generation > c.generation {
		*c = claimedSince{generation: generation}
	}
	for b = b[n:]; len(b) > 0; b = b[sha256.Size:] {
		c.add([sha256.Size]byte(b))
	}
	c.unjournaled = 0
}
