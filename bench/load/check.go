package load

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Root is the name of the text that streams write.
const Root = "text"

// ErrState is returned by Check for a document that differs from the updates that were sent.
var ErrState = errors.New("the document is not what was sent")

// Check compares the document that a new client receives of each room, and that of the last client
// of each, with the updates that the writers have sent. It must be called when no update is under
// way.
func (f *Fleet) Check() error {
	for room := range f.shape.Rooms {
		want, err := merged(f.Sent(room))
		if err != nil {
			return err
		}
		if err := same(want, f.kept(room)); err != nil {
			return fmt.Errorf("what a client of %s was sent: %w", f.roomName(room), err)
		}
		if f.target.Mute {
			continue
		}
		got, err := f.State(room)
		if err != nil {
			return err
		}
		if err := f.compare(room, want, got); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fleet) compare(room int, want *ydoc.Doc, state []byte) error {
	got, err := ydoc.Load(state)
	if err == nil {
		err = same(want, got)
	}
	if err != nil {
		return fmt.Errorf("the state of %s: %w", f.roomName(room), err)
	}
	return nil
}

// Sent returns the updates that the writers of a room have sent, writer by writer.
func (f *Fleet) Sent(room int) (updates [][]byte) {
	for _, c := range f.clients {
		for k := 0; c.room == room && c.writes() && k < int(f.written); k++ {
			updates = append(updates, f.stream.Append(nil, k, c.id))
		}
	}
	return updates
}

// State returns the document that the server sends a new client.
func (f *Fleet) State(room int) ([]byte, error) {
	c := f.newClient(room, f.shape.Clients)
	c.keeps = new(ydoc.Doc)
	if err := c.join(); err != nil {
		return nil, err
	}
	defer c.leave()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keeps.AppendState(nil), nil
}

func (f *Fleet) kept(room int) *ydoc.Doc {
	c := f.clients[(room+1)*f.shape.Clients-1]
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keeps // no update is on its way
}

func merged(updates [][]byte) (*ydoc.Doc, error) {
	d := new(ydoc.Doc)
	for _, b := range updates {
		u, err := yjs.CheckUpdate(b)
		if err != nil {
			return nil, err
		}
		if err := merge(d, u); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// same compares two documents: all their structs, and their visible text.
func same(want, got *ydoc.Doc) error {
	if !bytes.Equal(want.AppendStateVector(nil), got.AppendStateVector(nil)) {
		return fmt.Errorf("%w: its state vector is another", ErrState)
	}
	wanted, err := text(want)
	if err != nil {
		return err
	}
	found, err := text(got)
	if err == nil && found != wanted {
		err = fmt.Errorf("%w: its text is another", ErrState)
	}
	return err
}

func text(d *ydoc.Doc) (string, error) {
	v, err := view.New(yjs.Trust(d.AppendState(nil)))
	if err != nil {
		return "", err
	}
	return v.Root(Root).String(), nil
}
