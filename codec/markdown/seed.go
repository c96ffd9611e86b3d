package markdown

import "github.com/civicpress/civic-realtime/codec"

// firstSeedClient is above every client id that Yjs draws for itself, which have 32 bits.
const firstSeedClient = 1 << 32

// Seed is the update that makes an empty document hold doc, as if one client had
// written it. That client's id is a hash of what it wrote: who seeds the same tree
// again, anywhere, writes the same update, and documents that have both have it once.
// Another tree has another id, so that no id ever names two things.
func (s Schema) Seed(doc Node) []byte {
	w := seedWriter{schema: s}
	w.client = w.hash(doc)
	w.write(doc)
	b := codec.AppendUvarint(nil, min(w.structs, 1))
	if w.structs > 0 {
		b = codec.AppendUvarint(b, w.structs)
		b = codec.AppendID(b, codec.ID{Client: w.client})
		b = append(b, w.out...)
	}
	return codec.AppendUvarint(b, 0)
}

// SeedClient is the client id of the update that seeds a document with a text.
func (s Schema) SeedClient(markdown string) (uint64, error) {
	doc, err := Parse(markdown)
	if err != nil {
		return 0, err
	}
	w := seedWriter{schema: s}
	return w.hash(doc), nil
}

// IsSeedClient says whether a client id can be that of a seed. Those that Yjs draws cannot.
func IsSeedClient(id uint64) bool { return id >= firstSeedClient && id <= codec.MaxSafeInteger }

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
