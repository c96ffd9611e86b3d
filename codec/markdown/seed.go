package markdown

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/civicpress/civic-realtime/codec"
)

// Client ids that Yjs draws for itself have 32 bits. Above them are those of seeds, then those of edits.
// Each kind has those from its first on.
const (
	FirstSeedClient = 1 << 32
	FirstEditClient = 1 << 52
)

// Seed is the update that makes an empty document hold doc, as if one client had
// written it. That client's id is a hash of what it wrote: who seeds the same tree
// again, anywhere, writes the same update, and documents that have both have it once.
// Another tree has another id, so that no id ever names two things.
func (s Schema) Seed(doc Node) []byte {
	w := s.NewWriter(s.seedClient(doc))
	w.Nodes(&Place{Parent: s.InRoot()}, doc.Content)
	return codec.AppendUvarint(w.AppendSections(nil), 0)
}

// SeedClient is the client id of the update that seeds a document with a text.
func (s Schema) SeedClient(markdown string) (uint64, error) {
	doc, err := Parse(markdown)
	if err != nil {
		return 0, err
	}
	return s.seedClient(doc), nil
}

func (s Schema) seedClient(doc Node) uint64 {
	w := s.NewWriter(0)
	w.Nodes(&Place{Parent: s.InRoot()}, doc.Content)
	return FirstSeedClient + hash(w.out)%(FirstEditClient-FirstSeedClient)
}

// EditClient is the client id of who writes structs into a document that holds
// something already: a hash of them, as they are when client 0 writes them.
func EditClient(structs []byte) uint64 {
	return FirstEditClient + hash(structs)%(codec.MaxSafeInteger+1-FirstEditClient)
}

func hash(structs []byte) uint64 {
	sum := sha256.Sum256(structs)
	return binary.BigEndian.Uint64(sum[:])
}

// IsSeedClient says whether a client id can be that of a seed. Those that Yjs draws cannot.
func IsSeedClient(id uint64) bool { return id >= FirstSeedClient && id < FirstEditClient }

// IsEditClient says whether a client id can be that of an edit that no person made.
func IsEditClient(id uint64) bool { return id >= FirstEditClient && id <= codec.MaxSafeInteger }

func hasMark(marks []Mark, name string) bool {
	for _, m := range marks {
		if m.Name == name {
			return true
		}
	}
	return false
}

func contains(marks []Mark, m Mark) bool {
	for _, o := range marks {
		if o.equal(m) {
			return true
		}
	}
	return false
}
