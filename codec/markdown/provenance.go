package markdown

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// ProvenanceRoot is the root map that says what of a document is a seed. Editors
// neither read it nor write to it. It has an entry for each seed, the last struct
// of its client:
//
//	key: the Digest, 32 hexadecimal digits    value: "seed"
//
// The client id follows from the digest, so that the entry proves what its client
// is, also when what that wrote is deleted. The id alone proves nothing: Yjs 14,
// and whoever sets an id, draws from all there are.
const ProvenanceRoot = "civic-realtime"

// Digest is the first half of the SHA-256 of structs, as they are when client 0 writes them.
type Digest [16]byte

// DigestOf is the digest of structs that client 0 writes.
func DigestOf(structs []byte) (d Digest) {
	sum := sha256.Sum256(structs)
	copy(d[:], sum[:])
	return d
}

// Client ids of seeds and edits are drawn from ranges that keep them apart from
// each other and from the ids of 32 bits that Yjs 13 draws. That makes collisions
// rarer. Nothing is concluded from it.
const (
	firstSeedClient = 1 << 32
	firstEditClient = 1 << 52
)

// SeedClient is the client id of a seed whose structs have this digest.
func (d Digest) SeedClient() uint64 {
	return firstSeedClient + binary.BigEndian.Uint64(d[:])%(firstEditClient-firstSeedClient)
}

// EditClient is the client id of an edit that no person made, whose structs have this digest.
func (d Digest) EditClient() uint64 {
	return firstEditClient + binary.BigEndian.Uint64(d[:])%(lib0.MaxSafeInteger+1-firstEditClient)
}

// Provenance writes the entry that proves that this writer's client is a seed.
func (w *Writer) Provenance(d Digest) {
	root := lib0.AppendString(lib0.AppendUvarint(nil, 1), ProvenanceRoot)
	w.Attribute(Place{Parent: root}, hex.EncodeToString(d[:]), "seed")
}

var provenance = append([]byte{1, lib0.AnyString, 4}, "seed"...) // the content of the entry

// IsProvenance says whether a struct, which stands in raw, proves that its client
// is a seed. It allocates nothing.
func IsProvenance(s *yjs.Struct, raw []byte) bool {
	if s.Info != yjs.RefAny|yjs.InfoParentSub || string(s.ParentName) != ProvenanceRoot {
		return false
	}
	var d Digest
	if len(s.ParentSub) != hex.EncodedLen(len(d)) {
		return false
	}
	_, err := hex.Decode(d[:], s.ParentSub)
	return err == nil && s.Client == d.SeedClient() && bytes.Equal(raw[s.Body:s.End], provenance)
}

// SeedDigest is the digest of what a client wrote, if that is all of a seed. Seeds of
// releases before Provenance are known by it, as long as nothing of them is
// deleted: their client's id is the hash of what it wrote.
func SeedDigest(run yjs.Structs) (d Digest, ok bool) {
	if self, intact := RefersToItself(run); !self || !intact {
		return d, false
	}
	client := run.Next.Client
	d, ok = digestOf(run)
	return d, ok && d.SeedClient() == client
}

// IsEdit says whether all that a client wrote is an edit that no person made. It
// is not known any more once something of it was deleted, or cut in two.
func IsEdit(run yjs.Structs) bool {
	client := run.Next.Client
	d, ok := digestOf(run)
	return ok && d.EditClient() == client
}

func digestOf(run yjs.Structs) (d Digest, ok bool) {
	if run.Next.Clock != 0 || run.Left == 0 {
		return d, false
	}
	h := sha256.New()
	var b []byte
	for s := (yjs.Struct{}); run.Read(&s); {
		if !s.IsItem() || s.Ref() == yjs.RefDeleted {
			return d, false
		}
		b = appendContent(appendHead(b[:0], &s), &s, run.Raw())
		h.Write(b)
	}
	copy(d[:], h.Sum(nil))
	return d, true
}

// RefersToItself says whether structs refer to nothing of another client's, as those
// of a seed do, and whether all of their content is there.
func RefersToItself(run yjs.Structs) (self, intact bool) {
	self, intact = true, true
	for s := (yjs.Struct{}); self && run.Read(&s); {
		self = refersToItself(&s)
		intact = intact && s.IsItem() && s.Ref() != yjs.RefDeleted
	}
	return self, intact
}

func refersToItself(s *yjs.Struct) bool {
	switch {
	case s.HasRightOrigin():
		return false
	case s.HasOrigin():
		return s.Origin.Client == s.Client
	}
	return !s.HasParent() || s.ParentName != nil || s.Parent.Client == s.Client
}

// appendContent appends the content of a struct that stands in raw. Yjs writes the
// JSON of formats anew, and does not escape what encoding/json does.
func appendContent(dst []byte, s *yjs.Struct, raw []byte) []byte {
	content := raw[s.Body:s.End]
	if s.Ref() != yjs.RefFormat {
		return append(dst, content...)
	}
	r := lib0.TrustedReader(content)
	dst = lib0.AppendBytes(dst, r.String())
	var escaped bytes.Buffer
	json.HTMLEscape(&escaped, r.String())
	return lib0.AppendBytes(dst, escaped.Bytes())
}

// appendHead appends the head of a struct as it is when client 0 writes it.
func appendHead(dst []byte, s *yjs.Struct) []byte {
	own := func(id yjs.ID) yjs.ID {
		if id.Client == s.Client {
			id.Client = 0
		}
		return id
	}
	dst = append(dst, s.Info)
	if s.HasOrigin() {
		dst = yjs.AppendID(dst, own(s.Origin))
	}
	if s.HasRightOrigin() {
		dst = yjs.AppendID(dst, own(s.RightOrigin))
	}
	if !s.HasParent() {
		return dst
	}
	if s.ParentName != nil {
		dst = lib0.AppendBytes(append(dst, 1), s.ParentName)
	} else {
		dst = yjs.AppendID(append(dst, 0), own(s.Parent))
	}
	if s.Info&yjs.InfoParentSub != 0 {
		dst = lib0.AppendBytes(dst, s.ParentSub)
	}
	return dst
}
