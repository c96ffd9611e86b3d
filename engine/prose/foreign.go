package prose

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// HasForeignSeed reports whether an update is of a document that was seeded with another text than
// the room's: it has a seed that the room does not have, or refers to what is Retired. An update
// that is all that a client has, and not just what its user has done, is also foreign if it deletes
// all of a seed of a room in which another one is retired. Such an update must be merged together
// with RebaseSeed of the whole document of its client. Clients that the room knows are skipped.
// Seeds are recognised by their structs, as a client id proves nothing. The function is called for
// every update. It allocates only for documents that a client began with an empty page.
func HasForeignSeed(
	room *ydoc.Doc, retired []yjs.ID, u yjs.CheckedUpdate, all bool, s markdown.Schema,
) bool {
	if room.Empty() {
		return false
	}
	r := u.Read()
	for r.Sections() > 0 && r.NextSection() {
		known := room.Clock(r.Structs.Next.Client)
		switch {
		case known == 0 && bringsSeed(r.Structs, s):
			return true
		case len(retired) > 0 && refersToRetired(retired, r.Structs, known):
			return true
		}
	}
	return all && len(retired) > 0 && deletesSeed(room, &r)
}

// Retired returns, by descending client id, the clocks below which everything of a client is
// deleted: of each seed of which nothing is left, and of each other client, as it may have written
// in the text of such a seed. It returns none if there is no such seed, or unless the room has
// another text that a client wrote into an empty document, which may be a seed of an earlier
// release.
func Retired(room *ydoc.Doc, s markdown.Schema) (retired []yjs.ID) {
	texts, seeds := 0, 0
	for id := range room.Clients() {
		if begins(room.Structs(id), s) {
			texts++
		}
		below := room.DeletedBelow(id)
		if end, ok := signedSeed(room, id); ok {
			if below < end {
				continue
			}
			seeds++
		}
		if below > 0 {
			retired = append(retired, yjs.ID{Client: id, Clock: below})
		}
	}
	if texts < 2 || seeds == 0 {
		return nil
	}
	return retired
}

// begins reports whether a client's first struct is in the fragment and has no neighbour, like that
// of a seed: the fragment was empty and had no deleted content either.
func begins(run yjs.Structs, s markdown.Schema) bool {
	if run.Left == 0 {
		return false
	}
	var first yjs.Struct
	run.ReadHead(&first)
	return first.HasParent() && string(first.ParentName) == s.Root()
}

// MissingProvenance returns the update that adds a Provenance to each seed of a room that has none,
// as those of earlier releases, if it can be proven to be a seed. It returns nil if there is no
// such seed.
func MissingProvenance(room *ydoc.Doc, s markdown.Schema) []byte {
	var writers []*markdown.Writer
	for id := range room.Clients() {
		if run := room.Structs(id); begins(run, s) {
			if w := provenanceFor(room, id, s); w != nil {
				writers = append(writers, w)
			}
		}
	}
	if len(writers) == 0 {
		return nil
	}
	return lib0.AppendUvarint(writers[0].AppendSections(nil, writers[1:]...), 0)
}

// provenanceFor returns a writer with the Provenance of a seed that has none, if it can be proven
// to be a seed; else nil.
func provenanceFor(d *ydoc.Doc, client uint64, s markdown.Schema) *markdown.Writer {
	digest, ok := markdown.SeedDigest(d.Structs(client))
	if !ok {
		return nil
	}
	w := s.NewWriterAt(yjs.ID{Client: client, Clock: d.Clock(client)})
	w.Provenance(digest)
	return w
}

// maxProvenance is the length of the longest struct that may be a Provenance, in bytes.
const maxProvenance = 128

// signedSeed reports whether a client is a seed by the Provenance that it wrote. end is the clock
// of the Provenance.
func signedSeed(d *ydoc.Doc, client uint64) (end uint64, ok bool) {
	var s yjs.Struct
	raw, ok := d.LastStruct(client, maxProvenance, &s)
	return s.Clock, ok && markdown.IsProvenance(&s, raw)
}

// seedEnd reports whether a client is a seed, by its Provenance or by all that it wrote. end is the
// clock after the last struct of its text. A Provenance after other content does not count.
func seedEnd(d *ydoc.Doc, client uint64) (end uint64, ok bool) {
	run := d.Structs(client)
	end, signed := signedSeed(d, client)
	if !signed {
		_, ok = markdown.SeedDigest(run)
		return d.Clock(client), ok
	}
	run.Left--
	self, intact := markdown.RefersToItself(run)
	if self && intact {
		_, self = markdown.SeedDigest(run)
	}
	return end, self
}

// bringsSeed reports whether a section of an update is a seed, or the end of one.
func bringsSeed(run yjs.Structs, s markdown.Schema) bool {
	_, ok := seedIn(run, s)
	return ok
}

// WrittenByServer reports whether a section of an update was written by a server: it is a seed, the
// end of a seed, or an Edit. end is the clock after the last struct of its text.
func WrittenByServer(run yjs.Structs, s markdown.Schema) (end uint64, ok bool) {
	if end, ok = seedIn(run, s); ok {
		return end, true
	}
	ok = markdown.IsEdit(run)
	run.Skip()
	return run.Next.Clock, ok
}

// seedIn reports whether a section is a seed, or the end of one. end is the clock after the last
// struct of its text.
func seedIn(run yjs.Structs, s markdown.Schema) (end uint64, ok bool) {
	whole := run
	var last yjs.Struct
	for run.Read(&last) {
	}
	if markdown.IsProvenance(&last, run.Raw()) {
		return last.Clock, true
	}
	ok = whole.Next.Clock == 0 && begins(whole, s) && isOldSeed(whole, run.Offset())
	return run.Next.Clock, ok
}

// isOldSeed reports whether a section, which ends in its update at offset to, is a seed of a
// release without Provenance.
func isOldSeed(run yjs.Structs, to int) bool {
	if self, intact := markdown.RefersToItself(run); !self || !intact {
		return false
	}
	update := yjs.AppendID(lib0.AppendUvarint([]byte{1}, run.Left), run.Next)
	update = append(append(update, run.Raw()[run.Offset():to]...), 0)
	var alone ydoc.Doc // joins structs that the client has split
	alone.Apply(yjs.Trust(update))
	_, ok := markdown.SeedDigest(alone.Structs(run.Next.Client))
	return ok
}

// refersToRetired reports whether a struct of run that the room lacks refers to retired content.
func refersToRetired(retired []yjs.ID, run yjs.Structs, known uint64) bool {
	is := func(id yjs.ID) bool {
		i, found := slices.BinarySearchFunc(retired, id.Client, func(a yjs.ID, b uint64) int {
			return cmp.Compare(b, a.Client)
		})
		return found && id.Clock < retired[i].Clock
	}
	for s := (yjs.Struct{}); run.Read(&s); {
		switch {
		case s.Clock+s.Len <= known:
		case s.HasOrigin() && is(s.Origin),
			s.HasRightOrigin() && is(s.RightOrigin),
			s.HasParent() && s.ParentName == nil && is(s.Parent):
			return true
		}
	}
	return false
}

// deletesSeed reports whether an update deletes all of a seed of which the room has something. u is
// at its last section.
func deletesSeed(room *ydoc.Doc, u *yjs.UpdateReader) bool {
	for u.NextSection() {
	}
	deletes := u.Deletes()
	for d := (yjs.DeleteRange{}); deletes.Next(&d); {
		if d.Clock > 0 {
			continue
		}
		end, ok := signedSeed(room, d.Client)
		if ok && d.End >= end && room.DeletedBelow(d.Client) < end {
			return true
		}
	}
	return false
}
