package yjs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/lib0/lib0test"
)

// builder writes updates by hand, well formed or not.
type builder struct{ b []byte }

func (w *builder) num(ns ...uint64) *builder {
	for _, n := range ns {
		w.b = lib0.AppendUvarint(w.b, n)
	}
	return w
}

func (w *builder) raw(bs ...byte) *builder { w.b = append(w.b, bs...); return w }
func (w *builder) str(s string) *builder   { w.b = lib0.AppendString(w.b, s); return w }

// one returns an update of one section, client 9 clock 0, with one struct in
// root "r": the info byte for the given ref, and content.
func one(ref byte, content func(*builder)) []byte {
	w := (&builder{}).num(1, 1, 9, 0).raw(ref)
	if ref != RefGC && ref != RefSkip {
		w.num(1).str("r")
	}
	content(w)
	return w.num(0).b
}

// contents has every kind of content in its smallest forms, with its length in clocks.
var contents = map[string]struct {
	ref  byte
	fill func(*builder)
	len  uint64
}{
	"gc":           {RefGC, func(w *builder) { w.num(7) }, 7},
	"skip":         {RefSkip, func(w *builder) { w.num(3) }, 3},
	"deleted":      {RefDeleted, func(w *builder) { w.num(300) }, 300},
	"json":         {RefJSON, func(w *builder) { w.num(3).str(`{"a":1}`).str("undefined").str("null") }, 3},
	"binary":       {RefBinary, func(w *builder) { w.num(2).raw(1, 2) }, 1},
	"empty binary": {RefBinary, func(w *builder) { w.num(0) }, 1},
	"string":       {RefString, func(w *builder) { w.str("a😀b") }, 4},
	"embed":        {RefEmbed, func(w *builder) { w.str(`{"image":"x"}`) }, 1},
	"format":       {RefFormat, func(w *builder) { w.str("bold").str("true") }, 1},
	"array":        {RefType, func(w *builder) { w.num(TypeArray) }, 1},
	"map":          {RefType, func(w *builder) { w.num(TypeMap) }, 1},
	"text":         {RefType, func(w *builder) { w.num(TypeText) }, 1},
	"element":      {RefType, func(w *builder) { w.num(TypeXMLElement).str("p") }, 1},
	"fragment":     {RefType, func(w *builder) { w.num(TypeXMLFragment) }, 1},
	"hook":         {RefType, func(w *builder) { w.num(TypeXMLHook).str("h") }, 1},
	"xml text":     {RefType, func(w *builder) { w.num(TypeXMLText) }, 1},
	"doc":          {RefDoc, func(w *builder) { w.str("guid").raw(lib0.AnyObject, 1).str("gc").raw(lib0.AnyFalse) }, 1},
	"any": {RefAny, func(w *builder) {
		w.num(12).raw(lib0.AnyUndefined, lib0.AnyNull, lib0.AnyTrue, lib0.AnyFalse)
		w.raw(lib0.AnyInteger, 0xbf, 0x7f).raw(lib0.AnyFloat32, 1, 2, 3, 4).raw(lib0.AnyFloat64, 1,
			2, 3, 4, 5, 6, 7, 8)
		w.raw(lib0.AnyBigInt, 1, 2, 3, 4, 5, 6, 7,
			8).raw(lib0.AnyString).str("é").raw(lib0.AnyBytes, 2, 255, 255)
		w.raw(lib0.AnyObject, 1).str("k").raw(lib0.AnyArray, 2, lib0.AnyNull,
			lib0.AnyNull).raw(lib0.AnyArray, 0)
	}, 12},
}

func TestCheckUpdateOfEachContent(t *testing.T) {
	for name, c := range contents {
		t.Run(name, func(t *testing.T) {
			b := one(c.ref, c.fill)
			u, err := CheckUpdate(b)
			if err != nil {
				t.Fatal(err)
			}
			sections := slices.Collect(u.Sections())
			if want := []Section{{Client: 9, Clock: 0, End: c.len}}; !slices.Equal(sections, want) {
				t.Errorf("sections %v, want %v", sections, want)
			}
			for n := range b {
				if _, err := CheckUpdate(b[:n]); err == nil {
					t.Errorf("accepted when cut to %d of %d bytes", n, len(b))
				}
			}
			if _, err := CheckUpdate(append(slices.Clone(b), 0)); err == nil {
				t.Error("accepted with a byte after the end")
			}
		})
	}
}

func TestStructOriginsAndParents(t *testing.T) {
	w := (&builder{}).num(1, 4, 9, 5)
	w.raw(RefString|InfoOrigin).num(9, 4).str("a")
	w.raw(RefString|InfoOrigin|InfoRightOrigin|InfoParentSub).num(8, 40, 9, 2).str("b")
	w.raw(RefAny|InfoParentSub).num(0, 7, 70).str("key").num(1).raw(lib0.AnyNull)
	w.raw(RefString | InfoParentSub).num(1).str("root").str("k").str("d")
	u, err := CheckUpdate(w.num(0).b)
	if err != nil {
		t.Fatal(err)
	}
	r := u.Read()
	r.NextSection()
	var got []string
	for s := (Struct{}); r.Structs.Read(&s); {
		line := fmt.Sprint(s.Clock, "+", s.Len)
		if s.HasOrigin() {
			line += fmt.Sprint(" o", s.Origin)
		}
		if s.HasRightOrigin() {
			line += fmt.Sprint(" r", s.RightOrigin)
		}
		if s.HasParent() {
			line += fmt.Sprintf(" p%v %s %s", s.Parent, s.ParentName, s.ParentSub)
		}
		got = append(got, line)
	}
	want := []string{"5+1 o{9 4}", "6+1 o{8 40} r{9 2}", "7+1 p{7 70}  key", "8+1 p{7 70} root k"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheckUpdateErrors(t *testing.T) {
	deep := func(n int) func(*builder) {
		return func(w *builder) { w.num(1).raw([]byte(strings.Repeat("\x75\x01", n))...).raw(lib0.AnyNull) }
	}
	self := func(info byte) []byte {
		w := (&builder{}).num(1, 1, 9, 5).raw(RefString | info)
		if info == 0 {
			w.num(0)
		}
		return w.num(9, 5).str("a").num(0).b
	}
	doc := func(option string, value ...byte) []byte {
		return one(RefDoc, func(w *builder) { w.str("g").raw(lib0.AnyObject, 1).str(option).raw(value...) })
	}
	for name, c := range map[string]struct {
		in   []byte
		want error
		at   int
	}{
		"empty":                                {nil, lib0.ErrTruncated, 0},
		"2^40 sections":                        {(&builder{}).num(1 << 40).b, lib0.ErrCount, 0},
		"2^40 structs":                         {(&builder{}).num(1, 1<<40, 9, 0).b, lib0.ErrCount, 1},
		"2^40 deletes":                         {(&builder{}).num(0, 1, 9, 1<<40).b, lib0.ErrCount, 3},
		"2^40 elements":                        {one(RefAny, func(w *builder) { w.num(1 << 40) }), lib0.ErrCount, 8},
		"trailing":                             {[]byte{0, 0, 0}, lib0.ErrTrailing, 2},
		"client twice":                         {(&builder{}).num(2, 1, 9, 0, RefGC, 1, 1, 9, 1, RefGC, 1, 0).b, ErrClient, 0},
		"client twice, unordered":              {(&builder{}).num(3, 1, 5, 0, RefGC, 1, 1, 9, 0, RefGC, 1, 1, 5, 1, RefGC, 1, 0).b, ErrClient, 0},
		"section without structs":              {(&builder{}).num(2, 1, 9, 0, RefGC, 1, 0, 8, 0, 0).b, ErrSection, 6},
		"content ref 11":                       {one(11, func(w *builder) {}), ErrContentRef, 4},
		"Skip with the bit of an origin":       {one(RefSkip|InfoOrigin, func(w *builder) { w.num(3) }), ErrContentRef, 4},
		"content ref 31":                       {one(31, func(w *builder) {}), ErrContentRef, 4},
		"type ref 7":                           {one(RefType, func(w *builder) { w.num(7) }), ErrTypeRef, 8},
		"parent info 2":                        {(&builder{}).num(1, 1, 9, 0, RefString, 2).str("r").str("a").num(0).b, ErrParentInfo, 5},
		"empty string":                         {one(RefString, func(w *builder) { w.str("") }), ErrLength, 4},
		"empty gc":                             {one(RefGC, func(w *builder) { w.num(0) }), ErrLength, 4},
		"empty any":                            {one(RefAny, func(w *builder) { w.num(0) }), ErrLength, 4},
		"bad text":                             {one(RefString, func(w *builder) { w.num(2).raw('a', 0xff) }), lib0.ErrUTF8, 10},
		"bad root name":                        {(&builder{}).num(1, 1, 9, 0, RefString, 1, 1).raw(0xff).str("a").num(0).b, lib0.ErrUTF8, 7},
		"bad JSON":                             {one(RefEmbed, func(w *builder) { w.str("{a}") }), jsontext.ErrSyntax, 10},
		"undefined embed":                      {one(RefEmbed, func(w *builder) { w.str("undefined") }), jsontext.ErrSyntax, 9},
		"bad format":                           {one(RefFormat, func(w *builder) { w.str("bold").str("tru") }), jsontext.ErrSyntax, 17},
		"any tag 115":                          {one(RefAny, func(w *builder) { w.num(1).raw(115) }), lib0.ErrAnyTag, 9},
		"any tag 128":                          {one(RefAny, func(w *builder) { w.num(1).raw(128) }), lib0.ErrAnyTag, 9},
		"any too deep":                         {one(RefAny, deep(lib0.MaxDepth+1)), lib0.ErrDepth, 9 + 2*lib0.MaxDepth},
		"doc without options":                  {one(RefDoc, func(w *builder) { w.str("g").raw(lib0.AnyNull) }), ErrDocOptions, 10},
		"prototype":                            {one(RefAny, func(w *builder) { w.num(1).raw(lib0.AnyObject, 1).str("__proto__").raw(lib0.AnyBytes, 1, 7) }), lib0.ErrPrototype, 11},
		"prototype within":                     {one(RefAny, func(w *builder) { w.num(1).raw(lib0.AnyArray, 1, lib0.AnyObject, 1).str("__proto__").raw(lib0.AnyTrue) }), lib0.ErrPrototype, 13},
		"prototype in an embed":                {one(RefEmbed, func(w *builder) { w.str(`{"__proto__":1}`) }), lib0.ErrPrototype, 10},
		"prototype in a format":                {one(RefFormat, func(w *builder) { w.str("b").str(`{"__proto__":1}`) }), lib0.ErrPrototype, 12},
		"prototype in JSON":                    {one(RefJSON, func(w *builder) { w.num(1).str(`{"__proto__":1}`) }), lib0.ErrPrototype, 11},
		"infinite embed":                       {one(RefEmbed, func(w *builder) { w.str("1e999") }), jsontext.ErrNumber, 9},
		"doc with prototype":                   {doc("__proto__", lib0.AnyNull), lib0.ErrPrototype, 12},
		"doc meta with prototype":              {doc("meta", lib0.AnyObject, 1, 9, '_', '_', 'p', 'r', 'o', 't', 'o', '_', '_', lib0.AnyNull), lib0.ErrPrototype, 19},
		"doc guid null":                        {doc("guid", lib0.AnyNull), ErrDocOption, 12},
		"doc guid":                             {doc("guid", lib0.AnyString, 1, 'g'), ErrDocOption, 12},
		"doc gcFilter":                         {doc("gcFilter", lib0.AnyNull), ErrDocOption, 12},
		"doc shouldLoad":                       {doc("shouldLoad", lib0.AnyTrue), ErrDocOption, 12},
		"doc collectionid":                     {doc("collectionid", lib0.AnyNull), ErrDocOption, 12},
		"doc isSuggestionDoc":                  {doc("isSuggestionDoc", lib0.AnyTrue), ErrDocOption, 12},
		"doc gc null":                          {doc("gc", lib0.AnyNull), ErrDocOption, 12},
		"doc autoLoad undefined":               {doc("autoLoad", lib0.AnyUndefined), ErrDocOption, 12},
		"doc options cut short":                {(&builder{}).num(1, 1, 9, 0, RefDoc, 1).str("r").str("g").raw(lib0.AnyObject, 1, 2, 'g', 'c').b, lib0.ErrTruncated, 15},
		"origin is itself":                     {self(InfoOrigin), ErrFuture, 4},
		"right origin is itself":               {self(InfoRightOrigin), ErrFuture, 4},
		"parent is itself":                     {self(0), ErrFuture, 4},
		"clock overflow":                       {(&builder{}).num(1, 1, 9, lib0.MaxSafeInteger, RefGC, 2, 0).b, ErrClock, 11},
		"empty delete":                         {(&builder{}).num(0, 1, 9, 1, 5, 0).b, ErrLength, 4},
		"overlapping deletes":                  {(&builder{}).num(0, 1, 9, 2, 5, 3, 7, 1).b, ErrOrder, 8},
		"descending deletes":                   {(&builder{}).num(0, 1, 9, 2, 5, 3, 2, 1).b, ErrOrder, 8},
		"deletes of a client twice":            {(&builder{}).num(0, 2, 9, 1, 5, 3, 9, 1, 9, 1).b, ErrClient, 0},
		"deletes of a client twice, unordered": {(&builder{}).num(0, 3, 9, 1, 5, 3, 10, 1, 1, 1, 9, 1, 9, 1).b, ErrClient, 0},
		"delete overflow":                      {(&builder{}).num(0, 1, 9, 1, lib0.MaxSafeInteger, 1).b, ErrClock, 4},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := CheckUpdate(c.in)
			lib0test.WantError(t, err, c.want, c.at)
			if u.Bytes() != nil {
				t.Error("an update beside the error")
			}
		})
	}
	for _, in := range [][]byte{doc("gc", lib0.AnyFalse), doc("autoLoad", lib0.AnyTrue), doc("meta", lib0.AnyNull), doc("other", lib0.AnyArray, 0)} {
		if _, err := CheckUpdate(in); err != nil {
			t.Errorf("%q: %v", in, err)
		}
	}
	if _, err := CheckUpdate(one(RefAny, deep(lib0.MaxDepth))); err != nil {
		t.Error("an Any value of the greatest depth:", err)
	}
}

func TestAppendAndReadDeletes(t *testing.T) {
	ranges := []DeleteRange{{9, 1, 3}, {9, 5, 6}, {2, 0, 300}}
	u, err := CheckUpdate(AppendDeletes([]byte{0}, ranges))
	if err != nil {
		t.Fatal(err)
	}
	r := u.Read()
	for r.NextSection() {
		t.Fatal("a section")
	}
	d := r.Deletes()
	var got []DeleteRange
	for dr := (DeleteRange{}); d.Next(&dr); {
		got = append(got, dr)
	}
	if !slices.Equal(got, ranges) {
		t.Errorf("got %v, want %v", got, ranges)
	}
	var none UpdateReader
	if d := none.Deletes(); d.Next(new(DeleteRange)) {
		t.Error("a deletion in nothing")
	}
}

func TestCheckUpdateAllocs(t *testing.T) {
	w := (&builder{}).num(uint64(len(contents)))
	client := uint64(1000)
	for _, c := range contents {
		client--
		b := one(c.ref, c.fill)
		w.num(1, client, 0).raw(b[4 : len(b)-1]...)
	}
	b := w.num(1, 5, 1, 1, 1).b
	var s Struct
	if n := testing.AllocsPerRun(100, func() {
		u, err := CheckUpdate(b)
		if err != nil {
			t.Fatal(err)
		}
		for r := u.Read(); r.NextSection(); {
			for r.Structs.Read(&s) {
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations to check and walk an update with every content", n)
	}
}

func FuzzCheckUpdate(f *testing.F) {
	for _, c := range contents {
		f.Add(one(c.ref, c.fill))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := CheckUpdate(b)
		if err != nil {
			return
		}
		r := u.Read()
		var s Struct
		for r.NextSection() {
			clock := r.Structs.Next.Clock
			for r.Structs.Read(&s) {
				if s.Clock != clock || s.Len == 0 || s.Start >= s.End || s.Body > s.End {
					t.Fatalf("struct %+v at clock %d", s, clock)
				}
				clock += s.Len
			}
		}
		d := r.Deletes()
		for dr := (DeleteRange{}); d.Next(&dr); {
		}
		if d.Err() != nil || d.Len() != 0 {
			t.Fatalf("after the walk: %v, %d bytes left", d.Err(), d.Len())
		}
	})
}
