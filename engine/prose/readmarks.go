package prose

import (
	"encoding/json"
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// attribute is a formatting attribute in force where a list is read.
type attribute struct {
	key, json string
	mark      markdown.Mark
	isMark    bool // its value is not null
}

// format starts a formatting attribute, or ends it if its value is null. Values beyond maxFormats
// and maxFormatsSize are left out.
func (r *nodeReader) format(key, text string) {
	r.stale = true
	i := slices.IndexFunc(r.inForce, func(a attribute) bool { return a.key == key })
	switch {
	case text == "null" && i < 0:
	case text == "null":
		r.size -= len(r.inForce[i].json)
		r.inForce = slices.Delete(r.inForce, i, i+1)
	case i < 0 && r.size+len(text) <= maxFormatsSize && len(r.inForce) < maxFormats:
		r.size += len(text)
		r.inForce = append(r.inForce, r.attribute(key, text))
	case i >= 0 && r.size-len(r.inForce[i].json)+len(text) <= maxFormatsSize:
		r.size += len(text) - len(r.inForce[i].json)
		r.inForce[i] = r.attribute(key, text)
	}
}

// attribute parses a formatting attribute. Results are cached: a document has few different ones.
func (r *nodeReader) attribute(key, text string) attribute {
	known := [2]string{key, text}
	if a, ok := r.memory.attributes[known]; ok {
		return a
	}
	a := attribute{key: key, json: text}
	var value any
	if json.Unmarshal([]byte(text), &value) == nil && value != nil {
		a.isMark, a.mark = true, r.mark(key, value)
	}
	r.memory.remember(known, a)
	return a
}

// marks returns the marks in force, in the order of markdown.CompareMarks.
func (r *nodeReader) marks() []markdown.Mark {
	if !r.stale {
		return r.marked
	}
	r.stale, r.marked = false, nil
	for _, a := range r.inForce {
		if a.isMark {
			r.marked = append(r.marked, a.mark)
		}
	}
	slices.SortStableFunc(r.marked, markdown.CompareMarks)
	return r.marked
}

// readMemory is the scratch space of reading one document, and memory for its nodes.
type readMemory struct {
	textOnly   bool            // attributes that Markdown cannot express are left out
	stack      []markdown.Node // lists that are being read, the innermost last
	free       []markdown.Node // the unused rest of chunk, for lists that were read
	chunk      []markdown.Node
	maps       []markdown.Attrs // of nodes, if textOnly is set; the first inUse are in use
	inUse      int
	attributes map[[2]string]attribute
}

// reset makes the memory of all nodes that were read available again.
func (m *readMemory) reset() {
	m.free = m.chunk
	for _, attrs := range m.maps[:m.inUse] {
		clear(attrs)
	}
	m.inUse = 0
}

// attrs returns an empty map for the attributes of a node.
func (m *readMemory) attrs() markdown.Attrs {
	if m == nil || !m.textOnly {
		return make(markdown.Attrs)
	}
	if m.inUse == len(m.maps) {
		m.maps = append(m.maps, make(markdown.Attrs))
	}
	m.inUse++
	return m.maps[m.inUse-1]
}

const (
	chunkNodes         = 128  // nodes that are allocated at once
	maxKnownAttributes = 1024 // attributes that are cached, of at most 1 KiB each
)

// keep copies a list.
func (m *readMemory) keep(list []markdown.Node) []markdown.Node {
	if len(list) == 0 {
		return nil
	}
	if len(m.free) < len(list) {
		m.chunk = make([]markdown.Node, max(chunkNodes, len(list)))
		m.free = m.chunk
	}
	kept := m.free[:len(list):len(list)]
	m.free = m.free[len(list):]
	copy(kept, list)
	return kept
}

func (m *readMemory) remember(known [2]string, a attribute) {
	if len(m.attributes) >= maxKnownAttributes || len(known[0])+len(known[1]) > 1024 {
		return
	}
	if m.attributes == nil {
		m.attributes = make(map[[2]string]attribute)
	}
	m.attributes[known] = a
}
