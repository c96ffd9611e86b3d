package yjs_test

import (
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Updates of two Yjs clients: the first wrote "Hello" into the text "t", the second "!" after it.
const (
	hello = "\x01\x01\x07\x00\x04\x01\x01t\x05Hello\x00"
	bang  = "\x01\x01\x08\x00\x84\x07\x04\x01!\x00"
)

// An update from a client is checked before anything else is done with it. The error has the offset
// of the fault.
func ExampleCheckUpdate() {
	u, err := yjs.CheckUpdate([]byte(hello))
	if err != nil {
		fmt.Println(err)
		return
	}
	for s := range u.Sections() {
		fmt.Printf("client %d, clocks %d to %d\n", s.Client, s.Clock, s.End-1)
	}
	_, err = yjs.CheckUpdate([]byte(hello[:8]))
	var wrong *lib0.SyntaxError
	if errors.As(err, &wrong) {
		fmt.Printf("byte %d: %v\n", wrong.Offset, wrong.Err)
	}
	// Output:
	// client 7, clocks 0 to 4
	// byte 8: unexpected end of input
}

// A ydoc.Doc merges checked updates, in any order, without integrating them. Structs that refer to
// unknown ones are pending until these come. The result is one update, as of Yjs' mergeUpdates.
func Example_merge() {
	var doc ydoc.Doc
	for _, update := range []string{bang, hello} {
		u, err := yjs.CheckUpdate([]byte(update))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("structs are missing:", doc.Apply(u).Missing)
	}
	fmt.Printf("%q\n", doc.AppendState(nil))
	// Output:
	// structs are missing: true
	// structs are missing: false
	// "\x02\x01\b\x00\x84\a\x04\x01!\x01\a\x00\x04\x01\x01t\x05Hello\x00"
}
