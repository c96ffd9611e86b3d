package wal

import (
	"errors"
	"testing"
)

func TestRowChecks(t *testing.T) {
	key := KeyOf(7, IDOf("room"))
	good := appendValue(nil, key, "room", []byte("blob"))
	tests := []struct {
		name string
		row  Row
		want error
	}{
		{"whole", Row{key, good}, nil},
		{"missing", Row{key, nil}, errShort},
		{"cut in the checksum", Row{key, good[:3]}, errShort},
		{"cut in the room", Row{key, good[:6]}, errShort},
		{"cut in the blob", Row{key, good[:len(good)-1]}, ErrChecksum},
		{"at another number", Row{KeyOf(8, IDOf("room")), good}, ErrChecksum},
		{"of another room with the same id", Row{key, appendValue(nil, key, "rooms", nil)},
			ErrOtherRoom},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			blob, err := tt.row.Blob("room")
			if !errors.Is(err, tt.want) || err == nil && string(blob) != "blob" {
				t.Errorf("%q, %v, want %v", blob, err, tt.want)
			}
		})
	}
}
