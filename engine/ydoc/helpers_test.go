package ydoc

import (
	"bytes"
	"cmp"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// structOf is a struct for tests. append encodes it.
type structOf struct {
	client, clock uint64
	info          byte // content ref and whether there is a map key
	origin, right *yjs.ID
	content       string  // encoded
	parent        *yjs.ID // nil: the root
}

func id(client, clock uint64) *yjs.ID { return &yjs.ID{Client: client, Clock: clock} }

// text returns the content of a string struct.
func text(s string) string { return string(lib0.AppendString(nil, s)) }

// num returns a varUint as a string.
func num(n uint64) string { return string(lib0.AppendUvarint(nil, n)) }

func (s structOf) append(dst []byte) []byte {
	info := s.info
	if s.origin != nil {
		info |= yjs.InfoOrigin
	}
	if s.right != nil {
		info |= yjs.InfoRightOrigin
	}
	dst = append(dst, info)
	if s.origin != nil {
		dst = yjs.AppendID(dst, *s.origin)
	}
	if s.right != nil {
		dst = yjs.AppendID(dst, *s.right)
	}
	if ref := info & yjs.InfoRef; s.origin == nil && s.right == nil && ref != yjs.RefGC &&
		ref != yjs.RefSkip {
		if s.parent != nil {
			dst = yjs.AppendID(append(dst, 0), *s.parent)
		} else {
			dst = lib0.AppendString(append(dst, 1), "root")
		}
		if info&yjs.InfoParentSub != 0 {
			dst = lib0.AppendString(dst, "key")
		}
	}
	return append(dst, s.content...)
}

// update returns an update with structs, which must be grouped by client, and deletions.
func update(structs []structOf, deletes ...yjs.DeleteRange) []byte {
	var body []byte
	sections := 0
	for len(structs) > 0 {
		n := 1
		for n < len(structs) && structs[n].client == structs[0].client {
			n++
		}
		body = lib0.AppendUvarint(body, uint64(n))
		body = yjs.AppendID(body, yjs.ID{Client: structs[0].client, Clock: structs[0].clock})
		for _, s := range structs[:n] {
			body = s.append(body)
		}
		structs = structs[n:]
		sections++
	}
	return yjs.AppendDeletes(append(lib0.AppendUvarint(nil, uint64(sections)), body...), deletes)
}

func checked(t testing.TB, b []byte) yjs.CheckedUpdate {
	t.Helper()
	u, err := yjs.CheckUpdate(b)
	if err != nil {
		t.Fatalf("%v in an update of %d bytes", err, len(b))
	}
	return u
}

func apply(t testing.TB, d *Doc, b []byte) Result {
	t.Helper()
	return d.Apply(checked(t, b))
}

// units is an update by its units: the content of each id, with the origins that integration sees,
// and the deleted ids. Two updates with the same units are the same document.
type units struct {
	content map[yjs.ID]string
	deleted map[yjs.ID]bool
}

func newUnits() units {
	return units{make(map[yjs.ID]string), make(map[yjs.ID]bool)}
}

// add adds the units of an update.
func (u units) add(t testing.TB, b []byte) units {
	t.Helper()
	r := checked(t, b).Read()
	for r.NextSection() {
		for s := (yjs.Struct{}); r.Structs.Read(&s); {
			if s.Ref() != yjs.RefSkip {
				u.addStruct(b, &s)
			}
		}
	}
	for d, dr := r.Deletes(), (yjs.DeleteRange{}); d.Next(&dr); {
		for clock := dr.Clock; clock < dr.End; clock++ {
			u.deleted[yjs.ID{Client: dr.Client, Clock: clock}] = true
		}
	}
	return u
}

func (u units) addStruct(b []byte, s *yjs.Struct) {
	head := make([]byte, 1, 64)
	for i, part := range elements(b[s.Body:s.End], s) {
		id := yjs.ID{Client: s.Client, Clock: s.Clock + uint64(i)}
		head = append(head[:0], s.Ref())
		switch {
		case i > 0 && s.IsItem():
			head = yjs.AppendID(append(head, 'o'), yjs.ID{Client: s.Client, Clock: id.Clock - 1})
		case s.HasOrigin():
			head = yjs.AppendID(append(head, 'o'), s.Origin)
		case s.HasParent():
			head[0] |= s.Info & yjs.InfoParentSub // in other structs the bit has no meaning
			head = yjs.AppendID(append(head, 'p'), s.Parent)
			head = append(append(head, s.ParentName...), s.ParentSub...)
		}
		if s.HasRightOrigin() {
			head = yjs.AppendID(append(head, 'r'), s.RightOrigin)
		}
		u.content[id] = string(head) + "|" + part
		if isTombstone(s) {
			u.deleted[id] = true
		}
	}
}

// elements splits a content into one part for each clock.
func elements(content []byte, s *yjs.Struct) (parts []string) {
	r := lib0.TrustedReader(content)
	switch s.Ref() {
	case yjs.RefString:
		for rest := r.String(); len(rest) > 0; {
			c, n := utf8.DecodeRune(rest)
			if parts = append(parts, string(c)); c >= 0x10000 {
				parts = append(parts, "half")
			}
			rest = rest[n:]
		}
	case yjs.RefAny, yjs.RefJSON:
		for n := r.Uvarint(); n > 0; n-- {
			from := r.Offset()
			yjs.SkipElements(&r, s.Ref(), 1)
			parts = append(parts, string(content[from:r.Offset()]))
		}
	case yjs.RefGC, yjs.RefDeleted:
		for range s.Len {
			parts = append(parts, "gone")
		}
	default:
		parts = append(parts, string(content))
	}
	return parts
}

// mustEqual fails the test if the units differ from want.
func (u units) mustEqual(t testing.TB, want units, what string) {
	t.Helper()
	if !maps.Equal(u.content, want.content) {
		for k, v := range want.content {
			if u.content[k] != v {
				t.Fatalf("%s: %v holds %q, want %q (%d units, want %d)", what, k, u.content[k], v,
					len(u.content), len(want.content))
			}
		}
		t.Fatalf("%s: %d units, want %d", what, len(u.content), len(want.content))
	}
	if !maps.Equal(u.deleted, want.deleted) {
		t.Fatalf("%s: %d deleted units, want %d", what, len(u.deleted), len(want.deleted))
	}
}

// history returns the updates of a random session, of one struct or one deletion each, in causal
// order.
func history(r *rand.Rand, clients, n int) (updates [][]byte) {
	clocks := make([]uint64, clients)
	keyed := make(map[yjs.ID]bool)
	randomID := func() *yjs.ID {
		c := r.IntN(clients)
		if clocks[c] == 0 || r.IntN(4) == 0 {
			return nil
		}
		return id(uint64(c+1), r.Uint64N(clocks[c]))
	}
	for range n {
		c := r.IntN(clients)
		client := uint64(c + 1)
		if r.IntN(5) == 0 && clocks[c] > 0 {
			from := r.Uint64N(clocks[c])
			updates = append(updates, update(nil,
				yjs.DeleteRange{Client: client, Clock: from,
					End: min(clocks[c], from+1+r.Uint64N(9))}))
			continue
		}
		s := structOf{client: client, clock: clocks[c], origin: randomID(), right: randomID()}
		if r.IntN(2) == 0 && clocks[c] > 0 {
			s.origin, s.right = id(client, clocks[c]-1), nil
		}
		if s.origin != nil && s.right != nil && s.origin.Client == s.right.Client &&
			s.right.Clock <= s.origin.Clock {
			s.right = nil // a reversed struct would be stored with other origins
		}
		length := randomContent(r, &s)
		if beside := cmp.Or(s.origin, s.right); beside != nil && s.info != yjs.RefGC {
			s.info &^= yjs.InfoParentSub
			if keyed[*beside] && s.info != yjs.RefDeleted {
				s.info, s.content, length = yjs.RefAny, num(1)+"\x7e", 1
			}
			keyed[yjs.ID{Client: client, Clock: clocks[c]}] = keyed[*beside]
		} else {
			keyed[yjs.ID{Client: client, Clock: clocks[c]}] = s.info&yjs.InfoParentSub != 0
		}
		for i := range length {
			keyed[yjs.ID{Client: client, Clock: clocks[c] + i}] = keyed[yjs.ID{Client: client,
				Clock: clocks[c]}]
		}
		updates = append(updates, update([]structOf{s}))
		clocks[c] += length
	}
	return updates
}

func randomContent(r *rand.Rand, s *structOf) (length uint64) {
	n := 1 + r.Uint64N(4)
	if r.IntN(25) == 0 {
		n = 700 + r.Uint64N(1500)
	}
	switch r.IntN(8) {
	case 0, 1, 2:
		s.info, s.content = yjs.RefString, text(strings.Repeat("aé€", int(n)))
		return 3 * n
	case 3, 4:
		s.info, s.content = yjs.RefAny, num(n)+strings.Repeat("\x7d\x05", int(n))
	case 5:
		s.info, s.content = yjs.RefDeleted, num(n)
	case 6:
		s.info, s.content, s.origin, s.right = yjs.RefGC, num(n), nil, nil
	case 7:
		s.info, s.content, n = yjs.RefAny|yjs.InfoParentSub, num(1)+"\x7e", 1
	}
	return n
}

// predicateTest is an update, and the result of a predicate for it.
type predicateTest struct {
	name   string
	update []byte
	want   bool
}

// testPredicate calls a predicate of a document with updates, and checks that the document stays as
// it is.
func testPredicate(
	t *testing.T, d *Doc, predicate func(yjs.CheckedUpdate) bool, tests []predicateTest,
) {
	t.Helper()
	for _, q := range tests {
		before := d.AppendState(nil)
		if got := predicate(checked(t, q.update)); got != q.want {
			t.Errorf("%s: %v", q.name, got)
		}
		if !bytes.Equal(before, d.AppendState(nil)) || d.PendingSize() > 0 {
			t.Errorf("%s: the document has changed", q.name)
		}
	}
}
