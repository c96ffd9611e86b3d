package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// streamLength is a number of updates that is larger than a writer sends in a run.
const streamLength = 20_000

// prepare makes real Yjs write the updates that are sent.
func (b *bench) prepare(ctx context.Context) error {
	args := []string{b.script("streams.mjs"), b.dir, strconv.Itoa(streamLength)}
	if _, err := os.Stat(b.trace); err == nil {
		args = append(args, b.trace)
	}
	if _, err := nodeworker.Run(ctx, args...); err != nil {
		return err
	}
	framed, err := os.ReadFile(filepath.Join(b.dir, "stream"))
	if err != nil {
		return err
	}
	if b.stream, err = load.NewStream(unframe(framed)); err != nil {
		return err
	}
	b.state, err = os.ReadFile(filepath.Join(b.dir, "state"))
	return err
}

// agrees compares a state with updates in real Yjs, and returns the length of its text.
func (b *bench) agrees(ctx context.Context, sent [][]byte, state []byte) (text int, err error) {
	sentPath, statePath := filepath.Join(b.dir, "sent"), filepath.Join(b.dir, "got")
	err = errors.Join(os.WriteFile(sentPath, frame(sent), 0o600),
		os.WriteFile(statePath, state, 0o600))
	if err != nil {
		return 0, err
	}
	out, err := nodeworker.Run(ctx, b.script("check.mjs"), sentPath, statePath)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Problems []string
		Text     int
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return 0, err
	}
	if len(answer.Problems) > 0 {
		return 0, errors.New("real Yjs: " + strings.Join(answer.Problems, ", "))
	}
	return answer.Text, nil
}

// frame puts each update behind its length.
func frame(updates [][]byte) (b []byte) {
	for _, u := range updates {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(u))), u...)
	}
	return b
}

func unframe(b []byte) (updates [][]byte) {
	for len(b) >= 4 {
		n := 4 + binary.LittleEndian.Uint32(b)
		updates = append(updates, b[4:n:n])
		b = b[n:]
	}
	return updates
}
