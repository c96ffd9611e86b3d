package markdown_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// patience is how long one request may take before the worker counts as hung.
const patience = time.Minute

// reference is a Node process with prosemirror-markdown and y-prosemirror in it. It answers one request at a time.
type reference struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	mu  sync.Mutex
}

// request is what the worker is asked; which fields count depends on Op.
type request struct {
	Op       string   `json:"op"`
	Texts    []string `json:"texts,omitempty"`
	Trees    []tree   `json:"trees,omitempty"`
	Remedies []string `json:"remedies,omitempty"`
	Form     string   `json:"form,omitempty"`
	Version  int      `json:"version,omitempty"`
}

type answer struct {
	Texts    []string
	Trees    []tree
	Admitted []bool
	Clients  [][]uint64
	Error    string
}

// needs fails a test for want of something, or skips it where the benchmarks are asked for,
// which do not need it.
func needs(t testing.TB, what string) {
	t.Helper()
	if flag.Lookup("test.bench").Value.String() != "" {
		t.Skip(what)
	}
	t.Fatal(what)
}

func startReference(t testing.TB) *reference {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		needs(t, "node is not on the PATH: these tests need Node 20")
	}
	if _, err := os.Stat("reference/node_modules/prosemirror-markdown"); err != nil {
		needs(t, "the reference is not installed: run `npm ci` in codec/markdown/reference (make test does)")
	}
	r := &reference{cmd: exec.Command("node", "--stack-size=4000", "reference/main.mjs")}
	r.cmd.Stderr = os.Stderr
	in, inErr := r.cmd.StdinPipe()
	out, outErr := r.cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		t.Fatal(err)
	}
	r.in, r.out = in, bufio.NewReaderSize(out, 1<<16)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.in.Close(); r.cmd.Wait() })
	return r
}

// ask sends a request and fails the test unless it is answered.
func (r *reference) ask(t testing.TB, q request, blobs ...[]byte) (answer, [][]byte) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	hung := time.AfterFunc(patience, func() { r.cmd.Process.Kill() })
	defer hung.Stop()
	parts, err := r.exchange(q, blobs)
	if err != nil {
		t.Fatalf("the reference: %v", err)
	}
	var a answer
	if err := json.Unmarshal(parts[0], &a); err != nil {
		t.Fatal(err)
	}
	if a.Error != "" {
		t.Fatalf("the reference: %s", a.Error)
	}
	return a, parts[1:]
}

func (r *reference) exchange(q request, blobs [][]byte) (parts [][]byte, err error) {
	head, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	body := appendSized(nil, head)
	for _, b := range blobs {
		body = appendSized(body, b)
	}
	if _, err = r.in.Write(appendSized(nil, body)); err != nil {
		return nil, err
	}
	body, err = readSized(r.out)
	for err == nil && len(body) > 0 {
		n := 4 + int(binary.LittleEndian.Uint32(body))
		parts = append(parts, body[4:n:n])
		body = body[n:]
	}
	return parts, err
}

func appendSized(dst, b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(dst, uint32(len(b))), b...)
}

func readSized(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.LittleEndian.Uint32(size[:]))
	_, err := io.ReadFull(r, b)
	return b, err
}

// tree is a node as ProseMirror's toJSON has it.
type tree struct {
	Type    string         `json:"type"`
	Attrs   map[string]any `json:"attrs,omitempty"`
	Content []tree         `json:"content,omitempty"`
	Text    string         `json:"text,omitempty"`
	Marks   []tree         `json:"marks,omitempty"`
}

// treeOf is the tree of a node of ours.
func treeOf(n markdown.Node) tree {
	t := tree{Type: n.Name, Attrs: n.Attrs, Text: n.Text}
	for _, c := range n.Content {
		t.Content = append(t.Content, treeOf(c))
	}
	for _, m := range n.Marks {
		t.Marks = append(t.Marks, tree{Type: m.Name, Attrs: m.Attrs})
	}
	return t
}

// node is a node of ours of a tree.
func (t tree) node() markdown.Node {
	n := markdown.Node{Name: t.Type, Attrs: attrs(t.Attrs), Text: t.Text}
	for _, c := range t.Content {
		n.Content = append(n.Content, c.node())
	}
	for _, m := range t.Marks {
		n.Marks = append(n.Marks, markdown.Mark{Name: m.Type, Attrs: attrs(m.Attrs)})
	}
	return n
}

// attrs leaves out what is null.
func attrs(m map[string]any) markdown.Attrs {
	out := markdown.Attrs{}
	for k, v := range m {
		if v != nil {
			out[k] = v
		}
	}
	return out
}

// outline is a tree as text: two are equal when the trees are.
func outline(n markdown.Node) string {
	var b strings.Builder
	writeOutline(&b, n)
	return b.String()
}

func writeOutline(b *strings.Builder, n markdown.Node) {
	b.WriteString(n.Name)
	if n.Name == markdown.Text {
		fmt.Fprintf(b, " %q", n.Text)
	}
	writeAttrs(b, n.Attrs)
	for _, m := range n.Marks {
		b.WriteString(" ^" + m.Name)
		writeAttrs(b, m.Attrs)
	}
	for i, c := range n.Content {
		b.WriteString([]string{", ", " ("}[max(0, 1-i)])
		writeOutline(b, c)
	}
	if len(n.Content) > 0 {
		b.WriteString(")")
	}
}

func writeAttrs(b *strings.Builder, a markdown.Attrs) {
	for _, key := range slices.Sorted(maps.Keys(a)) {
		fmt.Fprintf(b, " %s=%#v", key, a[key])
	}
}
