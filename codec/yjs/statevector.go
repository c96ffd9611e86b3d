package yjs

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// StateVector has the next clock of each client, ordered by descending client id.
type StateVector []ID

// ParseStateVector reads an encoded state vector into dst[:0] and orders it. Its error is a
// *lib0.SyntaxError. The format, from Yjs' writeStateVector:
//
//	clients:varUint { client:varUint clock:varUint }*
func ParseStateVector(dst StateVector, b []byte) (StateVector, error) {
	dst = dst[:0]
	r := lib0.NewReader(b)
	for n := r.Count(2); n > 0; n-- {
		dst = append(dst, ID{r.Uvarint(), r.Uvarint()})
	}
	r.End()
	if err := r.Err(); err != nil {
		return dst[:0], err
	}
	dst.Sort()
	for i := 1; i < len(dst); i++ {
		if dst[i].Client == dst[i-1].Client {
			return dst[:0], &lib0.SyntaxError{Offset: 0, Err: ErrClient}
		}
	}
	return dst, nil
}

// Sort orders the entries as a StateVector must be.
func (v StateVector) Sort() {
	slices.SortFunc(v, func(a, b ID) int { return cmp.Compare(b.Client, a.Client) })
}

// Clock returns the next clock of a client, and whether the vector has the client.
func (v StateVector) Clock(client uint64) (uint64, bool) {
	falling := func(e ID, c uint64) int { return cmp.Compare(c, e.Client) }
	i, ok := slices.BinarySearchFunc(v, client, falling)
	if !ok {
		return 0, false
	}
	return v[i].Clock, true
}

// Append appends the encoded state vector.
func (v StateVector) Append(dst []byte) []byte {
	dst = lib0.AppendUvarint(dst, uint64(len(v)))
	for _, e := range v {
		dst = AppendID(dst, e)
	}
	return dst
}
