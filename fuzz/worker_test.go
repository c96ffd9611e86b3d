package fuzz

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// patience is how long one request may take before its worker counts as hung.
const patience = time.Minute

// worker is one Node process with real Yjs in it. It answers one request at a time.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startWorker starts a worker that lives as long as the test.
func startWorker(t testing.TB) *worker {
	t.Helper()
	requireNode(t)
	w := &worker{cmd: exec.Command("node", "--max-old-space-size=1024", "worker/main.mjs")}
	w.cmd.Stderr = os.Stderr
	in, err := w.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.in, w.out = in, bufio.NewReaderSize(out, 1<<16)
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.in.Close(); w.cmd.Wait() })
	return w
}

func requireNode(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		needs(t, "node is not on the PATH: these tests need Node 20")
	}
	if _, err := os.Stat("node_modules/yjs"); err != nil {
		needs(t, "real Yjs is not installed: run `npm ci` in fuzz/ (make test does)")
	}
}

// needs fails a test for want of something, or skips it where benchmarks are asked for,
// which do not need it.
func needs(t testing.TB, what string) {
	t.Helper()
	if flag.Lookup("test.bench").Value.String() != "" {
		t.Skip(what)
	}
	t.Fatal(what)
}

// call sends a request and decodes the answer's head into answer. Blobs are
// referred to by index. The answer's blobs are new memory.
func (w *worker) call(request any, blobs [][]byte, answer any) ([][]byte, error) {
	hung := time.AfterFunc(patience, func() { w.cmd.Process.Kill() })
	defer hung.Stop()
	if err := w.send(request, blobs); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	parts, err := w.receive()
	if err != nil {
		return nil, fmt.Errorf("worker died or hung for %v: %w", patience, err)
	}
	failure := struct{ Error string }{}
	if err := errors.Join(json.Unmarshal(parts[0], &failure), json.Unmarshal(parts[0], answer)); err != nil {
		return nil, err
	}
	if failure.Error != "" {
		return nil, fmt.Errorf("worker: %s", failure.Error)
	}
	return parts[1:], nil
}

func (w *worker) send(request any, blobs [][]byte) error {
	head, err := json.Marshal(request)
	if err != nil {
		return err
	}
	body := appendSized(nil, head)
	for _, b := range blobs {
		body = appendSized(body, b)
	}
	_, err = w.in.Write(appendSized(nil, body))
	return err
}

func (w *worker) receive() (parts [][]byte, err error) {
	body, err := readSized(w.out)
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
