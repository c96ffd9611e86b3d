package fuzz

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// A shape is a way to build a document and its updates, at any size. It has a choice from each of
// the lists below.
type shape struct {
	seed uint64

	clients, ids, where, list, delete, pack string
	content                                 []string
}

// The choices of which a shape has one each. docs/document.md describes them.
var (
	shapeClients = []string{"one", "two in turn", "eight", "root of n", "one each"}
	shapeIDs     = []string{"ascending", "descending", "scattered"}
	shapeContent = []string{"char", "pair", "word", "long", "any", "embed", "format", "type", "element", "deleted", "gc"}
	shapeWhere   = []string{"end", "start", "between", "same", "fan", "star", "stale", "run back", "reversed"}
	shapeList    = []string{"one", "nested", "beside a type", "one key", "keys"}
	shapeDelete  = []string{"none", "fourths", "backwards", "all", "ranges", "before they come", "overlapping"}
	shapePack    = []string{"whole", "whole, ascending", "singly", "reversed", "shuffled", "swapped", "doubled", "parts reversed"}
)

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// shapeOf returns the shape with a number.
func shapeOf(seed uint64) shape {
	r := rand.New(rand.NewPCG(seed, 1))
	s := shape{
		seed: seed, clients: pick(r, shapeClients), ids: pick(r, shapeIDs), where: pick(r, shapeWhere),
		list: pick(r, shapeList), delete: pick(r, shapeDelete), pack: pick(r, shapePack),
	}
	for range 1 + r.IntN(3) {
		s.content = append(s.content, pick(r, shapeContent))
	}
	return s
}

func (s shape) String() string {
	return fmt.Sprintf("%d: clients %s, ids %s, content %s, where %s, list %s, delete %s, pack %s",
		s.seed, s.clients, s.ids, strings.Join(s.content, "+"), s.where, s.list, s.delete, s.pack)
}

// mixed reports whether structs have neighbours in several lists, as no client writes them.
func (s shape) mixed() bool { return s.list == "nested" && s.where != "end" && s.where != "same" }

// builder writes the structs of a shape. A struct refers only to structs that were written before
// it.
type builder struct {
	shape
	n       int
	rand    *rand.Rand
	ids     []uint64
	clocks  []uint64
	structs []written // in the order in which clients wrote them
	lists   []place   // by key, or one
	parents []yjs.ID
}

// written is a struct, encoded.
type written struct {
	client int // index
	clock  uint64
	bytes  []byte
}

// place is a list to write in, or a map key.
type place struct {
	units []yjs.ID // in the order of the list, as far as it matters
	base  []yjs.ID // those of the first half
}

// updates returns updates with n structs of the shape.
func (s shape) updates(n int) [][]byte {
	b := &builder{shape: s, n: n, rand: rand.New(rand.NewPCG(s.seed, 2))}
	b.chooseClients()
	b.lists = make([]place, 1)
	if s.list == "keys" {
		b.lists = make([]place, max(1, n/4))
	}
	for i := range n {
		b.write(i)
	}
	return b.packed()
}

// chooseClients chooses the client ids.
func (b *builder) chooseClients() {
	count := map[string]int{"one": 1, "two in turn": 2, "eight": 8, "root of n": int(math.Sqrt(float64(b.n))), "one each": b.n}[b.clients]
	for i := range count {
		id := uint64(1000 + i)
		switch b.shape.ids {
		case "descending":
			id = uint64(1000 + count - i)
		case "scattered":
			id = b.rand.Uint64N(1<<53-1<<20) + uint64(i)
		}
		b.ids = append(b.ids, id)
	}
	slices.Sort(b.ids)
	b.ids = slices.Compact(b.ids)
	if b.shape.ids == "descending" {
		slices.Reverse(b.ids)
	}
	b.clocks = make([]uint64, len(b.ids))
}

func (b *builder) author(i int) int {
	if b.clients == "eight" || b.clients == "root of n" {
		return b.rand.IntN(len(b.ids))
	}
	return i % len(b.ids)
}

// write writes struct i.
func (b *builder) write(i int) {
	c := b.author(i)
	client, clock := b.ids[c], b.clocks[c]
	what := b.shape.content[i%len(b.shape.content)]
	ref, units, content := b.content(what, i)
	at := b.rand.IntN(len(b.lists))
	l := &b.lists[at]
	self := yjs.ID{Client: client, Clock: clock}
	var out []byte
	if ref == yjs.RefGC {
		out = append(out, ref)
	} else {
		out = b.head(ref, self, l, at, i)
	}
	b.structs = append(b.structs, written{c, clock, append(out, content...)})
	b.clocks[c] += units
	if ref == yjs.RefGC {
		return
	}
	if ref == yjs.RefType {
		b.parents = append(b.parents, self)
	}
	for u := range min(units, 64) {
		l.units = append(l.units, yjs.ID{Client: client, Clock: clock + u})
	}
	if i < b.n/2 {
		l.base = l.units
	}
}

// head returns a struct up to its content.
func (b *builder) head(ref byte, self yjs.ID, l *place, at, i int) []byte {
	origin, right := b.neighbours(l, i)
	if origin == nil && right == nil {
		return b.parent(ref, self, at, i)
	}
	info := ref
	var ids []byte
	if origin != nil {
		info, ids = info|yjs.InfoOrigin, yjs.AppendID(ids, *origin)
	}
	if right != nil {
		info, ids = info|yjs.InfoRightOrigin, yjs.AppendID(ids, *right)
	}
	return append([]byte{info}, ids...)
}

// neighbours chooses origins among the units of a list.
func (b *builder) neighbours(l *place, i int) (origin, right *yjs.ID) {
	n := len(l.units)
	if n == 0 {
		return nil, nil
	}
	if b.list == "nested" && i%4 == 0 {
		return nil, nil
	}
	if b.list == "one key" || b.list == "keys" {
		return &l.units[n-1], nil
	}
	switch b.where {
	case "start":
		l.units = append(l.units[:0:0], l.units[n-1]) // the others are not needed
		return nil, &l.units[0]
	case "between":
		j := max(0, n-1-b.rand.IntN(256))
		if j+1 < n {
			return &l.units[j], &l.units[j+1]
		}
	case "same":
		return nil, nil
	case "fan":
		if i >= b.n/2 {
			return nil, &l.base[len(l.base)-1-i%len(l.base)]
		}
	case "star":
		return &l.units[0], nil
	case "stale":
		if j := b.rand.IntN(max(1, len(l.base)-1)); i >= b.n/2 && j+1 < len(l.base) {
			return &l.base[j], &l.base[j+1]
		}
	case "run back":
		if i >= b.n/2 {
			return &l.base[max(0, len(l.base)-1-(i-b.n/2)%len(l.base))], nil
		}
	case "reversed":
		if j := b.rand.IntN(n); i%3 == 0 {
			return &l.units[n-1], &l.units[max(j, n-5)]
		}
	}
	return &l.units[n-1], nil
}

// parent returns the head of a struct without origins.
func (b *builder) parent(ref byte, self yjs.ID, at, i int) []byte {
	key := ""
	if b.list == "one key" || b.list == "keys" {
		key = fmt.Sprint("key", at)
		ref |= yjs.InfoParentSub
	}
	var out []byte
	if depth := len(b.parents); b.list == "nested" && depth > 0 {
		if depth > 150 {
			b.parents = b.parents[:1]
		}
		out = yjs.AppendID([]byte{ref, 0}, b.parents[len(b.parents)-1])
	} else {
		out = lib0.AppendString([]byte{ref, 1}, b.root())
	}
	if key != "" {
		out = lib0.AppendString(out, key)
	}
	return out
}

// root returns the name of a root of worker/edits.mjs in which the shape may write.
func (b *builder) root() string {
	switch {
	case b.list == "one key" || b.list == "keys":
		return "map"
	case slices.Contains(b.shape.content, "any"):
		return "array"
	case slices.Contains(b.shape.content, "element"):
		return "default"
	}
	return "text"
}

// content returns the content of a struct.
func (b *builder) content(what string, i int) (ref byte, units uint64, content []byte) {
	text := func(s string, units int) (byte, uint64, []byte) {
		return yjs.RefString, uint64(units), lib0.AppendString(nil, s)
	}
	if b.list == "beside a type" {
		if what = "embed"; i >= b.n/2 {
			what = "type"
		}
	}
	if (b.list == "one key" || b.list == "keys") && what != "type" && what != "gc" && what != "deleted" {
		return yjs.RefAny, 1, []byte{1, lib0.AnyTrue}
	}
	switch what {
	case "pair":
		if b.root() != "text" { // elsewhere Yjs has halves of pairs as values, which no Go string holds
			return text("éß", 2)
		}
		return text("😀", 2)
	case "word":
		return text("civic realtime ", 15)
	case "long":
		return text(strings.Repeat("é", 600), 600)
	case "any":
		return yjs.RefAny, 3, []byte{3, lib0.AnyFalse, lib0.AnyTrue, lib0.AnyInteger, 5}
	case "embed":
		return yjs.RefEmbed, 1, lib0.AppendString(nil, "{}")
	case "format":
		return yjs.RefFormat, 1, lib0.AppendString(lib0.AppendString(nil, "strong"), []string{"{}", "null"}[i/len(b.shape.content)%2])
	case "type":
		return yjs.RefType, 1, []byte{yjs.TypeArray}
	case "element":
		return yjs.RefType, 1, lib0.AppendString([]byte{yjs.TypeXMLElement}, "paragraph")
	case "deleted":
		return yjs.RefDeleted, 2, []byte{2}
	case "gc":
		return yjs.RefGC, 3, []byte{3}
	}
	return text("x", 1)
}
