package contents

import (
	"slices"
	"sync"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// maxSpare is the most memory of a view that is kept for the next document, in bytes.
const maxSpare = 16 << 20

// spareViews has views of earlier documents, for their memory, of which a view needs about ten
// times as much as the document. The garbage collector empties it.
var spareViews sync.Pool

// newView is view.New in memory of an earlier view. done must be called when nothing but strings of
// the view is needed any more.
func newView(
	state yjs.CheckedUpdate, options []view.Option,
) (v *view.View, done func(), err error) {
	spare, _ := spareViews.Get().(*view.View)
	v, err = view.New(state, append(slices.Clip(options), view.Reuse(spare))...)
	if err != nil {
		return nil, nil, err
	}
	return v, func() {
		if v.Release(); v.Memory() <= maxSpare {
			spareViews.Put(v)
		}
	}, nil
}
