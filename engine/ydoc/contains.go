package ydoc

import (
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Contains reports whether the document has all structs and deletes of an update, so that Apply
// would change nothing and leave nothing pending.
func (d *Doc) Contains(u yjs.CheckedUpdate) bool {
	r := u.Read()
	for r.NextSection() {
		if !d.holdsStructs(&r.Structs) {
			return false
		}
	}
	deletes := r.Deletes()
	for dr := (yjs.DeleteRange{}); deletes.Next(&dr); {
		if !d.holdsDelete(dr) {
			return false
		}
	}
	return true
}

func (d *Doc) holdsStructs(run *yjs.Structs) bool {
	clock := d.clock(run.Next.Client)
	for s := (yjs.Struct{}); run.Read(&s); {
		if s.Ref() != yjs.RefSkip && s.Clock+s.Len > clock {
			return false
		}
	}
	return true
}

func (d *Doc) holdsDelete(r yjs.DeleteRange) bool {
	pos, ok := d.find(r.Client)
	if !ok || d.clients[pos].index == nil {
		return false
	}
	return d.clients[pos].index.deletes.contains(r.Clock, r.End)
}
