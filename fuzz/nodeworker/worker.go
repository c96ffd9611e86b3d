package nodeworker

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// patience is the time after which a worker that has not answered a request counts as hung.
const patience = time.Minute

// Worker is a Node process that answers one request at a time. Requests and answers are a head in
// JSON and blobs, each behind its length (32 bits, little-endian), and the length of all before
// that.
type Worker struct {
	process *Process
	out     *bufio.Reader
	mu      sync.Mutex
}

// New starts a worker; its stderr is that of this process.
func New(args ...string) (*Worker, error) {
	p, err := Start(os.Stderr, args...)
	if err != nil {
		return nil, err
	}
	return &Worker{process: p, out: bufio.NewReaderSize(p.Out, 1<<16)}, nil
}

// Close lets the process end, and waits for that.
func (w *Worker) Close() {
	_ = w.process.In.Close()
	_ = w.process.Wait()
}

// Call sends a request and decodes the answer's head into answer. In both, blobs are referred to by
// index. The answer's blobs are new memory. An "error" in the head is returned as an error.
func (w *Worker) Call(request any, blobs [][]byte, answer any) ([][]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	hung := time.AfterFunc(patience, w.process.Kill)
	defer hung.Stop()
	if err := w.send(request, blobs); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	parts, err := w.receive()
	if err != nil {
		return nil, fmt.Errorf("worker died or hung for %v: %w", patience, err)
	}
	failure := struct{ Error string }{}
	head := parts[0]
	err = errors.Join(json.Unmarshal(head, &failure), json.Unmarshal(head, answer))
	if err != nil {
		return nil, err
	}
	if failure.Error != "" {
		return nil, fmt.Errorf("worker: %s", failure.Error)
	}
	return parts[1:], nil
}

func (w *Worker) send(request any, blobs [][]byte) error {
	head, err := json.Marshal(request)
	if err != nil {
		return err
	}
	body := appendSized(nil, head)
	for _, b := range blobs {
		body = appendSized(body, b)
	}
	_, err = w.process.In.Write(appendSized(nil, body))
	return err
}

func (w *Worker) receive() (parts [][]byte, err error) {
	body, err := readSized(w.out)
	for err == nil && len(body) > 0 {
		n := 4 + int(binary.LittleEndian.Uint32(body))
		parts = append(parts, body[4:n:n])
		body = body[n:]
	}
	if err == nil && len(parts) == 0 {
		err = io.ErrUnexpectedEOF
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
