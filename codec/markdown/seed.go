package markdown

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
)

// Seed returns the update that makes doc of an empty document, as if one client had written it. The
// client's id is a hash of its structs. So the same tree makes the same update everywhere, and a
// document that gets it twice has it once, while another tree has another client. The last struct
// is the seed's entry in ProvenanceRoot, by which it is recognized when most of it is deleted.
func (s Schema) Seed(doc Node) []byte {
	digest := s.seedDigest(doc)
	w := s.NewWriter(digest.SeedClient())
	w.Nodes(&Place{Parent: s.InRoot()}, doc.Content)
	if w.structs > 0 {
		w.Provenance(digest)
	}
	return lib0.AppendUvarint(w.AppendSections(nil), 0)
}

// SeedClient returns the client id of the seed of a text.
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
