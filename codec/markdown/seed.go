package markdown

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
)

// Seed is the update that makes an empty document hold doc, as if one client had
// written it. That client's id is a hash of what it wrote: who seeds the same tree
// again, anywhere, writes the same update, and documents that have both have it once.
// Another tree has another id, so that no id ever names two things. The last struct
// is its Provenance, which proves that this is a seed when most of it is deleted.
func (s Schema) Seed(doc Node) []byte {
	digest := s.seedDigest(doc)
	w := s.NewWriter(digest.SeedClient())
	w.Nodes(&Place{Parent: s.InRoot()}, doc.Content)
	if w.structs > 0 {
		w.Provenance(digest)
	}
	return lib0.AppendUvarint(w.AppendSections(nil), 0)
}

// SeedClient is the client id of the update that seeds a document with a text.
func (s Schema) SeedClient(markdown string) (uint64, error) {
	doc, err := Parse(markdown)
	if err != nil {
		return 0, err
	}
	return s.seedDigest(doc).SeedClient(), nil
}

func (s Schema) seedDigest(doc Node) Digest {
	w := s.NewWriter(0)
	w.Nodes(&Place{Parent: s.InRoot()}, doc.Content)
	return DigestOf(w.out)
}
