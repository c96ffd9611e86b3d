package yjs

import (
	"bytes"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/lib0/lib0test"
)

func TestParseStateVector(t *testing.T) {
	in := []byte{3, 5, 1, 200, 1, 2, 7, 3}
	v, err := ParseStateVector(nil, in)
	if err != nil {
		t.Fatal(err)
	}
	if clock, ok := v.Clock(200); !ok || clock != 2 {
		t.Errorf("Clock(200) = %d, %v", clock, ok)
	}
	if _, ok := v.Clock(6); ok {
		t.Error("Clock(6) is there")
	}
	if got, want := v.Append(nil), []byte{3, 200, 1, 2, 7, 3, 5, 1}; !bytes.Equal(got, want) {
		t.Errorf("Append = %v, want %v", got, want)
	}
	for name, c := range map[string]struct {
		in   []byte
		want error
		at   int
	}{
		"empty":         {nil, lib0.ErrTruncated, 0},
		"count":         {[]byte{9, 1, 1}, lib0.ErrCount, 0},
		"cut":           {[]byte{1, 0x81, 0x80}, lib0.ErrTruncated, 1},
		"trailing":      {[]byte{0, 0}, lib0.ErrTrailing, 1},
		"client twice":  {[]byte{2, 5, 1, 5, 2}, ErrClient, 0},
		"absurd claims": {lib0.AppendUvarint(nil, 1<<40), lib0.ErrCount, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := ParseStateVector(v, c.in)
			lib0test.WantError(t, err, c.want, c.at)
			if len(v) != 0 {
				t.Errorf("%d entries beside the error", len(v))
			}
		})
	}
}
