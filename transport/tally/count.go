package tally

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"slices"
)

// MaxEntries is how many users, and how many addresses, are announced at most.
const MaxEntries = 1024

// Counts has numbers of connections.
type Counts struct {
	Addresses map[netip.Addr]int // as package limit counts them
	Users     map[string]int     // by id
}

// hash stands for a user or an address.
type hash [5]byte

// hasher makes hashes with a secret.
type hasher struct{ key []byte }

func (h hasher) sum(kind byte, text []byte) (sum hash) {
	m := hmac.New(sha256.New, h.key)
	m.Write([]byte{kind})
	m.Write(text)
	copy(sum[:], m.Sum(nil))
	return sum
}

func (h hasher) address(a netip.Addr) hash { return h.sum('a', a.AsSlice()) }

func (h hasher) user(id string) hash { return h.sum('u', []byte(id)) }

// entry is a number of connections of a user or an address.
type entry[K comparable] struct {
	key K
	n   int
}

// greatest returns at most MaxEntries of counts, the greatest. If not all are returned, none with
// one connection is.
func greatest[K comparable](counts map[K]int) (all []entry[K]) {
	least := 1
	if len(counts) > MaxEntries {
		least = 2
	}
	for key, n := range counts {
		if n >= least {
			all = append(all, entry[K]{key, n})
		}
	}
	if len(all) > MaxEntries {
		slices.SortFunc(all, func(a, b entry[K]) int { return cmp.Compare(b.n, a.n) })
		all = all[:MaxEntries]
	}
	return all
}
