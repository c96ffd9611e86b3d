package ydoc_test

import (
	"fmt"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// A document takes updates, answers a newcomer's state vector with what that lacks, and is read by a
// view.
func Example() {
	// A client of Yjs wrote "Hello" into the text "greetings".
	u, err := yjs.CheckUpdate([]byte("\x01\x01\x07\x00\x04\x01\x09greetings\x05Hello\x00"))
	if err != nil {
		fmt.Println(err)
		return
	}
	var doc ydoc.Doc
	doc.Apply(u)

	have, err := yjs.ParseStateVector(nil, []byte("\x01\x07\x03")) // a newcomer with its first three letters
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q\n", doc.AppendDiff(nil, have))

	v, err := view.New(yjs.Trust(doc.AppendState(nil)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Root("greetings"))
	// Output:
	// "\x01\x01\a\x03\x84\a\x02\x02lo\x00"
	// Hello
}
