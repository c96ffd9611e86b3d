package e2e

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// The trace of a paper being written, character by character, from the common CRDT benchmarks. It
// is not in the repository; without it the test uses a generated trace.
const (
	sharedTrace       = "../../../../shared/data/b4-editing-trace.json.gz"
	sharedTraceEdits  = 259_778
	sharedTraceLength = 104_852
	generatedEdits    = 60_000
)

// TestTrace shows that a long history typed by one client, one update a keystroke, arrives
// completely at another one that watches, and at clients that join after the server was killed, and
// after it was stopped.
func TestTrace(t *testing.T) {
	path, want := trace(t)
	s := start(t)
	const room = "b4"
	typist, watcher := join(t, s, room, "typist", 3), join(t, s, room, "watcher", 3)

	typist.do("replay", args{"path": path}, nil)
	mustShow(t, want, typist, watcher)
	typist.mustBeUndisturbed()
	watcher.mustBeUndisturbed()

	// Another port, so that typist and watcher cannot send lost updates again.
	s.kill()
	elsewhere := startAt(t, freeAddr(t), s.dir)
	mustShow(t, want, join(t, elsewhere, room, "after the kill", 3))
	elsewhere.terminate()
	elsewhere = startAt(t, freeAddr(t), s.dir)
	mustShow(t, want, join(t, elsewhere, room, "after the stop", 2))
	elsewhere.terminate()

	s = s.restart()
	for _, c := range []*client{typist, watcher} {
		c.wait(args{"synced": true, "connects": 2})
		mustShow(t, want, c)
		c.mustBeSound()
	}
}

// mustShow waits until the clients' texts are want.
func mustShow(t *testing.T, want string, clients ...*client) {
	t.Helper()
	hash := sha256.Sum256([]byte(want))
	for _, c := range clients {
		c.wait(args{"synced": true, "text": args{"length": len(want), "hash": hex.EncodeToString(hash[:])}})
		if got := c.report().Text; got != want {
			t.Fatalf("client %s has another text of %d characters", c.name, len(got))
		}
	}
}

// keystroke deletes and inserts at a position; its JSON is [position, deleted, inserted].
type keystroke struct {
	at, deleted int
	inserted    string
}

// trace returns the path of a trace, and the text it ends with.
func trace(t *testing.T) (path, text string) {
	t.Helper()
	if _, err := os.Stat(sharedTrace); !errors.Is(err, fs.ErrNotExist) {
		edits := readTrace(t, sharedTrace)
		text = typed(edits)
		if len(edits) != sharedTraceEdits || len(text) != sharedTraceLength {
			t.Fatalf("the shared trace has %d edits and ends with %d characters", len(edits), len(text))
		}
		return sharedTrace, text
	}
	edits := generateTrace(generatedEdits)
	path = filepath.Join(t.TempDir(), "trace.json.gz")
	writeTrace(t, path, edits)
	return path, typed(edits)
}

// typed returns the text after the edits, which is ASCII.
func typed(edits []keystroke) string {
	var before, after []byte // the text around the cursor, after in reverse
	for _, e := range edits {
		for len(before) > e.at {
			after = append(after, before[len(before)-1])
			before = before[:len(before)-1]
		}
		for len(before) < e.at {
			before = append(before, after[len(after)-1])
			after = after[:len(after)-1]
		}
		after = after[:len(after)-e.deleted]
		before = append(before, e.inserted...)
	}
	for len(after) > 0 {
		before = append(before, after[len(after)-1])
		after = after[:len(after)-1]
	}
	return string(before)
}

// generateTrace returns a deterministic history similar to real writing: runs of typing,
// corrections, and jumps.
func generateTrace(n int) []keystroke {
	const letters = "abcdefghijklmnopqrstuvwxyz      \n"
	random := rand.New(rand.NewPCG(4, 2))
	edits := make([]keystroke, 0, n)
	for length, at := 0, 0; len(edits) < n; {
		if random.IntN(40) == 0 {
			at = random.IntN(length + 1)
		}
		if at > 0 && random.IntN(10) < 3 {
			at--
			length--
			edits = append(edits, keystroke{at: at, deleted: 1})
			continue
		}
		edits = append(edits, keystroke{at: at, inserted: letters[random.IntN(len(letters)):][:1]})
		at++
		length++
	}
	return edits
}

func (k keystroke) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{k.at, k.deleted, k.inserted})
}

func (k *keystroke) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&k.at, &k.deleted, &k.inserted})
}

func readTrace(t *testing.T, path string) (edits []keystroke) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(unzipped).Decode(&edits); err != nil {
		t.Fatal(err)
	}
	return edits
}

func writeTrace(t *testing.T, path string, edits []keystroke) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zipped := gzip.NewWriter(file)
	if err := json.NewEncoder(zipped).Encode(edits); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
}
