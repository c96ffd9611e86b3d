// Package digest has checksums of sets of records, which show whether all records are there.
package digest

import "hash/fnv"

// Digest is the checksum of a set: how many elements it has, and the sum of their 64-bit hashes,
// so that adding or removing one costs an addition. The zero value is that of the empty set.
type Digest struct{ N, Sum uint64 }

// Add adds the elements of another set.
func (d *Digest) Add(o Digest) { d.N, d.Sum = d.N+o.N, d.Sum+o.Sum }

// Remove removes the elements of another set.
func (d *Digest) Remove(o Digest) { d.N, d.Sum = d.N-o.N, d.Sum-o.Sum }

// Of returns the digest of a set of one element, which is given in parts.
func Of(parts ...[]byte) Digest {
	h := fnv.New64a()
	for _, part := range parts {
		_, _ = h.Write(part) // never fails
	}
	x := h.Sum64() // FNV mixes its last bytes badly, so the end of splitmix64 follows
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return Digest{1, x ^ x>>31}
}
