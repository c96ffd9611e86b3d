// Package trace has the editing trace B4 of the CRDT benchmarks as updates of Yjs, for tests and
// benchmarks in Go: a paper of 104,852 characters, written with 259,778 keystrokes.
//
// Files, in layers; each uses only what is listed before it:
//
//	trace.go     keystrokes
//	typist.go    updates of keystrokes
package trace

import (
	"compress/gzip"
	"encoding/json"
	"os"
)

// Length is the number of keystrokes of B4.
const Length = 259_778

// Keystroke inserts or deletes one character at a position.
type Keystroke struct {
	At      int
	Deletes bool
	Text    string
}

// B4 returns the trace in the file that the environment variable B4_TRACE names, which has rows
// [position, deleted, inserted?] in gzip, or else a generated one.
func B4() (keys []Keystroke, err error) {
	path := os.Getenv("B4_TRACE")
	if path == "" {
		return Generated(Length), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var edits [][]any
	if err := json.NewDecoder(z).Decode(&edits); err != nil {
		return nil, err
	}
	for _, e := range edits {
		k := Keystroke{At: int(e[0].(float64)), Deletes: e[1].(float64) > 0}
		if len(e) > 2 {
			k.Text = e[2].(string)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// Generated returns n keystrokes like those of B4: bursts of typing, some of each deleted again,
// and a cursor that jumps now and then. bench/trace.mjs makes the same.
func Generated(n int) (keys []Keystroke) {
	seed := uint32(1)
	random := func(n int) int {
		seed = (seed*1103515245 + 12345) & 0x7fffffff
		return int(seed>>8) % n
	}
	length, cursor := 0, 0
	for len(keys) < n {
		if random(6) == 0 {
			cursor = random(length + 1)
		}
		for range 1 + random(60) {
			keys = append(keys, Keystroke{At: cursor, Text: "x"})
			cursor, length = cursor+1, length+1
		}
		for range min(cursor, 1+random(25)) {
			cursor, length = cursor-1, length-1
			keys = append(keys, Keystroke{At: cursor, Deletes: true})
		}
	}
	return keys[:n]
}
