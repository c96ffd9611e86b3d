package ydoc

import "github.com/civicpress/civic-realtime/codec/yjs"

// section is the rest of a section of an update, from the first struct that lacks an id. It waits
// for two ids, and is tried again when either has come.
type section struct {
	yjs.Structs
	need yjs.ID // an id that the next struct refers to
	// the last unit of the next struct: if another section has brought it, need is not needed
	next yjs.ID
	end  int // offset after the last struct
	// number of times that it was blocked or cancelled; waiters of earlier generations are
	// cancelled
	generation uint32
	waiting    bool
	owned      bool // the bytes are a copy, not the update's
	reported   bool // the missing id was reported in a Result; hash is valid
	stored     bool // it is in pending.sections
	hash       suffixHash
	order      int // number of the section in order of arrival
}
