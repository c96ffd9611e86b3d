package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// input has the updates and the state of Yjs, and its figures.
type input struct {
	updates  [][]byte
	state    []byte
	sessions map[string][][]byte
	yjs      struct {
		Text, StateBytes, SnapshotBytes       int
		ApplyNs, EncodeNs, LoadNs, SnapshotNs float64
		Sizes                                 map[string]int
	}
}

func fromYjs(dir, trace, scripts string) (*input, error) {
	args := []string{filepath.Join(scripts, "yjs.mjs"), dir}
	if _, err := os.Stat(trace); err == nil {
		args = append(args, trace)
	}
	out, err := nodeworker.Run(context.Background(), args...)
	if err != nil {
		return nil, err
	}
	in := &input{sessions: make(map[string][][]byte)}
	if err := json.Unmarshal(out, &in.yjs); err != nil {
		return nil, err
	}
	if in.state, err = os.ReadFile(filepath.Join(dir, "state")); err != nil {
		return nil, err
	}
	if in.updates, err = readFramed(filepath.Join(dir, "updates")); err != nil {
		return nil, err
	}
	for name := range in.yjs.Sizes {
		if in.sessions[name], err = readFramed(filepath.Join(dir, "sessions", name)); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// readFramed reads updates, each behind its length.
func readFramed(path string) (updates [][]byte, err error) {
	b, err := os.ReadFile(path)
	for len(b) >= 4 {
		n := 4 + binary.LittleEndian.Uint32(b)
		updates = append(updates, b[4:n])
		b = b[n:]
	}
	return updates, err
}
