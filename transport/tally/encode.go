package tally

import (
	"encoding/binary"
	"errors"
)

// MaxBytes is the length of the longest announcement.
const MaxBytes = 1 + 2*(binary.MaxVarintLen16+MaxEntries*(len(hash{})+binary.MaxVarintLen32))

const version = 1

// sums are numbers of connections by hash.
type sums struct{ addresses, users map[hash]int }

func newSums() sums { return sums{map[hash]int{}, map[hash]int{}} }

func encode(h hasher, c Counts) []byte {
	b := []byte{version}
	b = appendEntries(b, greatest(c.Addresses), h.address)
	return appendEntries(b, greatest(c.Users), h.user)
}

func appendEntries[K comparable](b []byte, all []entry[K], of func(K) hash) []byte {
	b = binary.AppendUvarint(b, uint64(len(all)))
	for _, e := range all {
		sum := of(e.key)
		b = append(b, sum[:]...)
		b = binary.AppendUvarint(b, uint64(min(e.n, maxCount)))
	}
	return b
}

// maxCount bounds a number of connections, so that a sum cannot overflow.
const maxCount = 1 << 24

var errFormat = errors.New("what another server has announced is not a tally")

// add adds an announcement. After an error some of it may be added.
func (s sums) add(b []byte) error {
	if len(b) == 0 || len(b) > MaxBytes || b[0] != version {
		return errFormat
	}
	rest, err := addEntries(b[1:], s.addresses)
	if err != nil {
		return err
	}
	rest, err = addEntries(rest, s.users)
	if err != nil || len(rest) > 0 {
		return errFormat
	}
	return nil
}

func addEntries(b []byte, to map[hash]int) (rest []byte, err error) {
	entries, b, err := uvarint(b, MaxEntries)
	if err != nil {
		return nil, err
	}
	for range entries {
		if len(b) < len(hash{}) {
			return nil, errFormat
		}
		key := hash(b[:len(hash{})])
		var n int
		if n, b, err = uvarint(b[len(key):], maxCount); err != nil {
			return nil, err
		}
		to[key] += n
	}
	return b, nil
}

func uvarint(b []byte, most uint64) (n int, rest []byte, err error) {
	v, size := binary.Uvarint(b)
	if size <= 0 || v > most {
		return 0, nil, errFormat
	}
	return int(v), b[size:], nil
}
