package bolt

import (
	"errors"
	"testing"
)

func TestRow(t *testing.T) {
	key := keyOf(7, idOf("room"))
	good := appendRow(nil, key, "room", []byte("blob"))
	tests := []struct {
		name string
		row  row
		want error
	}{
		{"whole", row{key, good}, nil},
		{"missing", row{key, nil}, errShort},
		{"cut in the checksum", row{key, good[:3]}, errShort},
		{"cut in the room", row{key, good[:6]}, errShort},
		{"cut in the blob", row{key, good[:len(good)-1]}, errSum},
		{"at another number", row{keyOf(8, idOf("room")), good}, errSum},
		{"of another room with the same id", row{key, appendRow(nil, key, "rooms", nil)}, errOther},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			blob, err := tt.row.blobOf("room")
			if !errors.Is(err, tt.want) || err == nil && string(blob) != "blob" {
				t.Errorf("%q, %v, want %v", blob, err, tt.want)
			}
		})
	}
}
