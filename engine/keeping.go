package engine

import (
	"context"
	"sync"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// keeping says of which documents versions are being kept, so that none of a document stays that is
// deleted meanwhile.
type keeping struct {
	mu    sync.Mutex // a leaf; guards everything below
	rooms map[roomkey.Key]*keepingOf
}

// keepingOf is what is under way with the versions of one document.
type keepingOf struct {
	kept     int           // how many are being kept
	deleting bool          // none may be kept any more
	changed  chan struct{} // closed, and replaced, when one of these ends
}

// of returns what is under way. mu is held.
func (k *keeping) of(key roomkey.Key) *keepingOf {
	if k.rooms == nil {
		k.rooms = map[roomkey.Key]*keepingOf{}
	}
	o := k.rooms[key]
	if o == nil {
		o = &keepingOf{changed: make(chan struct{})}
		k.rooms[key] = o
	}
	return o
}

// begin is called before a version is kept, and end after that. Its error is ErrDeleted.
func (k *keeping) begin(key roomkey.Key) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	o := k.of(key)
	if o.deleting {
		return ErrDeleted
	}
	o.kept++
	return nil
}

func (k *keeping) end(key roomkey.Key) {
	k.ended(key, func(o *keepingOf) { o.kept-- })
}

func (k *keeping) ended(key roomkey.Key, change func(*keepingOf)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	o := k.of(key)
	change(o)
	close(o.changed)
	if o.changed = make(chan struct{}); o.kept == 0 && !o.deleting {
		delete(k.rooms, key)
	}
}

// exclude waits until nothing is under way, and lets nothing begin until include is called.
func (k *keeping) exclude(ctx context.Context, key roomkey.Key) error {
	mine := false
	for {
		k.mu.Lock()
		o := k.of(key)
		if !o.deleting || mine {
			o.deleting, mine = true, true
			if o.kept == 0 {
				k.mu.Unlock()
				return nil
			}
		}
		changed := o.changed
		k.mu.Unlock()
		if err := awaitClosed(ctx, changed); err != nil {
			if mine {
				k.include(key)
			}
			return err
		}
	}
}

func (k *keeping) include(key roomkey.Key) {
	k.ended(key, func(o *keepingOf) { o.deleting = false })
}
