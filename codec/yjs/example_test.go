package yjs_test

import (
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Updates of two clients of Yjs: the first wrote "Hello" into the text "t", the second "!" behind it.
const (
	hello = "\x01\x01\x07\x00\x04\x01\x01t\x05Hello\x00"
	mark  = "\x01\x01\x08\x00\x84\x07\x04\x01!\x00"
)

// An update from outside is checked before anything else is done with it. The error says where it
// is wrong.
func ExampleCheckUpdate() {
	u, err := yjs.CheckUpdate([]byte(hello))
	if err != nil {
		fmt.Println(err)
		return
	}
	for s := range u.Sections() {
		fmt.Printf("client %d, from clock %d\n", s.Client, s.Clock)
	}
	_, err = yjs.CheckUpdate([]byte(hello[:8]))
	var wrong *lib0.SyntaxError
	fmt.Println(errors.As(err, &wrong))
	// Output:
	// client 7, from clock 0
	// true
}

// Checked updates are merged by a document, in any order and without running it: what refers to
// something that is missing waits for that.
func Example_merge() {
	var doc ydoc.Doc
	for _, update := range []string{mark, hello} {
		u, err := yjs.CheckUpdate([]byte(update))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("missing:", doc.Apply(u).Missing)
	}
	fmt.Printf("%q\n", doc.AppendState(nil))
	// Output:
	// missing: true
	// missing: false
	// "\x02\x01\b\x00\x84\a\x04\x01!\x01\a\x00\x04\x01\x01t\x05Hello\x00"
}
