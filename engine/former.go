package engine

import (
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// After a deletion is lifted, clients may come back that still have the deleted document. Nobody
// could tell its text from new text, were it merged. So the client ids of the deleted document stay
// with the room (stored.Former), and whoever sends structs of one of these, or says that it has
// some, is closed as if the document were still deleted.

// errFormer closes a peer that has a document that was deleted.
var errFormer = &CloseError{
	Code: CloseDeleted, Reason: "the document that you have was deleted, and another one was begun",
	Err: ErrDeleted,
}

// isFormer reports whether a client id is of a document that was deleted, and not of the present
// one. A program may have begun that with what it had of the other. mu is held.
func (r *room) isFormer(client uint64) bool {
	return r.carries().former.Has(client) && r.doc.Clock(client) == 0
}

// hasFormer reports whether an update has structs of a document that was deleted. mu is held.
func (r *room) hasFormer(u yjs.CheckedUpdate) bool {
	if r.carried == nil {
		return false
	}
	for s := range u.Sections() {
		if r.isFormer(s.Client) {
			return true
		}
	}
	return false
}

// knowsFormer reports whether a client with a state vector has structs of a document that was
// deleted. mu is held.
func (r *room) knowsFormer(have yjs.StateVector) bool {
	for i := 0; r.carried != nil && i < len(have); i++ {
		if r.isFormer(have[i].Client) {
			return true
		}
	}
	return false
}

// refuseFormer counts a peer that has a document that was deleted, and returns the error that
// closes it.
func (r *room) refuseFormer() error {
	r.e.metrics.formerClients.Inc()
	return errFormer
}
