package snapshot

import (
	"errors"
	"reflect"
	"testing"
)

func TestStat(t *testing.T) {
	for a := range algorithms {
		got, err := Stat(mustAppend(t, Snapshot{Version: 42, State: prose(5000)}, a))
		if want := (Info{Algorithm: a, Version: 42, Size: 5000}); !reflect.DeepEqual(got, want) || err != nil {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	if got, err := Stat([]byte("SQLite format 3")); !errors.Is(err, ErrMagic) || !reflect.DeepEqual(got, Info{}) {
		t.Errorf("%+v, %v", got, err)
	}
}
