package ydoc_test

import (
	"fmt"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// A document merges updates, answers the state vector of a client with the structs that the client
// lacks, and is read with a view.
func Example() {
	// A client of Yjs wrote "Hello" into the text "greetings".
	u, err := yjs.CheckUpdate([]byte("\x01\x01\x07\x00\x04\x01\x09greetings\x05Hello\x00"))
	if err != nil {
		fmt.Println(err)
		return
	}
	var doc ydoc.Doc
	doc.Apply(u)

	have, err := yjs.ParseStateVector(nil, []byte("\x01\x07\x03")) // of a client that has "Hel"
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
