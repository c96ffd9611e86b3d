package bolt

import (
	"math/bits"

	"go.etcd.io/bbolt"
)

// rebuilder puts what a walk finds into another database.
type rebuilder struct {
	db   *bbolt.DB
	tx   *bbolt.Tx
	size int // of what tx holds, in bytes
}

// maxRebuildTx is how much one transaction of a rebuilder takes, in bytes.
const maxRebuildTx = 4 << 20

func (c *rebuilder) bucketFound(path [][]byte, sequence uint64) error {
	b, err := c.bucket(path)
	if err != nil || b == nil {
		return err
	}
	return b.SetSequence(sequence)
}

func (c *rebuilder) valueFound(path [][]byte, key, value []byte) error {
	if c.size += len(key) + len(value); c.size > maxRebuildTx {
		if err := c.end(); err != nil {
			return err
		}
	}
	b, err := c.bucket(path)
	if err != nil || b == nil || len(key) > bbolt.MaxKeySize || b.Bucket(key) != nil {
		return err
	}
	return b.Put(key, value)
}

func (c *rebuilder) end() error {
	if c.tx == nil {
		return nil
	}
	err := c.tx.Commit()
	c.tx, c.size = nil, 0
	return err
}

// bucket is the one at path, which is made if it is missing; nil if there can be none.
func (c *rebuilder) bucket(path [][]byte) (b *bbolt.Bucket, err error) {
	if len(path) == 0 {
		return nil, nil
	}
	if c.tx == nil {
		if c.tx, err = c.db.Begin(true); err != nil {
			return nil, err
		}
	}
	if b, err = c.tx.CreateBucketIfNotExists(known(path[0])); err != nil {
		return nil, err
	}
	for _, name := range path[1:] {
		if b.Get(name) != nil || len(name) > bbolt.MaxKeySize {
			return nil, nil
		}
		if b, err = b.CreateBucketIfNotExists(name); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// known is the name of one of the store's buckets, if name is that but for one bit.
func known(name []byte) []byte {
	for _, of := range [][]byte{metaBucket, journalBucket, snapshotBucket, versionBucket, expiryBucket, roomBucket, damageBucket, quarantineBucket} {
		if len(of) == len(name) && distance(of, name) == 1 {
			return of
		}
	}
	return name
}

// distance is in how many bits a and b, of one length, differ.
func distance(a, b []byte) (n int) {
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return n
}
