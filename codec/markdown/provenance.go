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

// ProvenanceRoot is the name of the root map with the seeds of a document. Editors neither read nor
// write it. It has an entry for each seed, which is the last struct of the seed's client:
//
//	key: the Digest, 32 hexadecimal digits    value: "seed"
//
// The client id follows from the digest, so that the entry proves that its client is a seed even
// when the client's other structs are deleted. The id alone proves nothing: Yjs 14 draws from all
// ids.
const ProvenanceRoot = "civic-realtime"

// Digest is the first half of the SHA-256 of structs in the form that they have with client id 0.
type Digest [16]byte

// DigestOf returns the digest of structs with client id 0.
func DigestOf(structs []byte) (d Digest) {
	sum := sha256.Sum256(structs)
	copy(d[:], sum[:])
	return d
}

// Client ids of seeds and edits are in ranges of their own, above the 32 bits of ids that Yjs 13
// draws. That makes collisions rarer. Nothing is concluded from an id's range.
const (
	firstSeedClient = 1 << 32
	firstEditClient = 1 << 52
)

// SeedClient returns the client id of a seed whose structs have the digest.
func (d Digest) SeedClient() uint64 {
	return firstSeedClient + binary.BigEndian.Uint64(d[:])%(firstEditClient-firstSeedClient)
}

// EditClient returns the client id of a server's edit whose structs have the digest.
func (d Digest) EditClient() uint64 {
	return firstEditClient + binary.BigEndian.Uint64(d[:])%(lib0.MaxSafeInteger+1-firstEditClient)
}

// Provenance writes the entry of ProvenanceRoot for the writer's client.
func (w *Writer) Provenance(d Digest) {
	root := lib0.AppendString(lib0.AppendUvarint(nil, 1), ProvenanceRoot)
	w.Attribute(Place{Parent: root}, hex.EncodeToString(d[:]), "seed")
}

var provenance = append([]byte{1, lib0.AnyString, 4}, "seed"...) // the content of the entry

// IsProvenance reports whether a struct, which is in raw, is an entry of ProvenanceRoot that proves
// that its client is a seed. It does not allocate.
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

// SeedDigest returns the digest of a client's structs, if these are a complete seed. It recognizes
// seeds of releases without Provenance, as long as none of their structs is deleted: the client id
// is a hash of the structs.
func SeedDigest(run yjs.Structs) (d Digest, ok bool) {
	if self, intact := RefersToItself(run); !self || !intact {
		return d, false
	}
	client := run.Next.Client
	d, ok = digestOf(run)
	return d, ok && d.SeedClient() == client
}

// IsEdit reports whether all structs of a client are an edit that a server made. It returns false
// once a struct was deleted or split.
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

// RefersToItself reports whether structs of a client refer to no other client's, like those of a
// seed, and whether none of them is deleted.
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

// appendContent appends the content of a struct, which is in raw. Yjs writes the JSON of formats
// anew, without the escapes of encoding/json, so these are put back.
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

// appendHead appends the head of a struct in the form that it has with client id 0.
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
