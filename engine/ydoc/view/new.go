package view

import (
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// New integrates an update that has a whole document. Its error is ErrIncomplete or ErrBudget.
func New(u yjs.CheckedUpdate, options ...Option) (*View, error) {
	v := &View{raw: u.Bytes(), maxSteps: DefaultMaxSteps}
	for _, option := range options {
		option(v)
	}
	if v.roots == nil {
		v.roots, v.keyOf = make(map[string]int32), make(map[string]int32)
		v.indexed = make(map[entryID]int32)
	}
	if len(v.raw) == 0 {
		return v, nil
	}
	if err := v.read(u); err != nil {
		return nil, err
	}
	if err := v.integrateAll(); err != nil {
		return nil, err
	}
	v.applyDeletes()
	return v, nil
}
