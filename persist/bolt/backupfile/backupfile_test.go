package backupfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// begun is when the files of these tests were begun.
var begun = time.Date(2026, 11, 28, 2, 0, 0, 123_000_000, time.UTC)

// names returns a path.
func names(all ...string) (path [][]byte) {
	for _, name := range all {
		path = append(path, []byte(name))
	}
	return path
}

// sample returns a file with a value of a size, and the texts that recorded returns for it.
func sample(t testing.TB, size int) (file []byte, want []string) {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, Header{Layout: "3", Begun: begun})
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("abcdefg\x00", size/8)
	w.Moment(begun)
	w.Bucket(names("one", "within"), 7)
	w.Value([]byte("key"), []byte("value"))
	before := w.Checkpoint()
	w.Bucket(names("discarded"), 1)
	w.Value([]byte("discarded"), nil)
	w.Discard(before)
	w.Value([]byte("large"), []byte(large))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	w.Bucket(names("two"), 0)
	w.Value([]byte{}, []byte{})
	w.Damage(Damage{"record:a", "checksum mismatch"})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), []string{"M 1795831200123", `B "one" "within" 7`, `K "one" "within" "key" "value"`,
		fmt.Sprintf(`K "one" "within" "large" %q`, large), `B "two" 0`, `K "two" "" ""`}
}

// recorded reads a file, and returns its records as texts.
func recorded(file []byte) (h Header, all []string, totals Totals, err error) {
	add := func(kind string, path [][]byte, rest ...any) error {
		for i := range path {
			kind += fmt.Sprintf(" %q", path[i])
		}
		for _, field := range rest {
			if b, ok := field.([]byte); ok {
				field = fmt.Sprintf("%q", b)
			}
			kind += fmt.Sprint(" ", field)
		}
		all = append(all, kind)
		return nil
	}
	h, totals, err = Read(bytes.NewReader(file), int64(len(file)), Visitor{
		Moment: func(at time.Time) error { return add("M", nil, at.UnixMilli()) },
		Bucket: func(path [][]byte, sequence uint64) error { return add("B", path, sequence) },
		Value:  func(path [][]byte, key, value []byte) error { return add("K", path, key, value) },
	})
	return h, all, totals, err
}

// TestRead shows that what was written is read, without the records that were discarded.
func TestRead(t *testing.T) {
	file, want := sample(t, 2*maxKept)
	h, got, totals, err := recorded(file)
	if err != nil || h.Layout != "3" || !h.Begun.Equal(begun) || !slices.Equal(got, want) {
		t.Fatalf("%+v, %.300q, %v", h, got, err)
	}
	if totals.Buckets != 2 || totals.Values != 3 || len(totals.Moments) != 1 || totals.Bytes < maxKept ||
		len(totals.Damage) != 1 || totals.Damage[0] != (Damage{"record:a", "checksum mismatch"}) {
		t.Errorf("%+v", totals)
	}
	if _, _, err := Read(bytes.NewReader(file), int64(len(file)), Visitor{}); err != nil {
		t.Error(err)
	}
}

// TestDamagedFile shows that a file that was cut off, at any byte, or in which any bit was changed,
// is not read without an error, and that the error says which of the two it is.
func TestDamagedFile(t *testing.T) {
	file, _ := sample(t, 64)
	for n := range file {
		_, _, _, err := recorded(file[:n])
		if !errors.Is(err, ErrTruncated) {
			t.Fatalf("%d of %d bytes: %v", n, len(file), err)
		}
		for bit := range 8 {
			file[n] ^= 1 << bit
			_, _, _, err := recorded(file)
			file[n] ^= 1 << bit
			if err == nil {
				t.Fatalf("bit %d of byte %d makes no difference", bit, n)
			}
		}
	}
	if _, _, _, err := recorded(append(slices.Clone(file), '\n')); err == nil {
		t.Error("a longer file is read")
	}
	for text, want := range map[string]error{
		"":                                 ErrTruncated,
		"PK\x03\x04 is a zip file\n":       ErrNoBackup,
		"civic-realtime backup x\n{}\n":    ErrNoBackup,
		"civic-realtime backup 2\n{}\n":    ErrVersion,
		"civic-realtime backup 1\n{}\nabc": ErrTruncated,
		"civic-realtime backup 1\n" + strings.Repeat("x", maxHeader): ErrChanged,
	} {
		if _, _, _, err := recorded([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%.40q: %v, want %v", text, err, want)
		}
	}
}

// TestVisitorsError shows that an error of a Visitor ends the reading, and is returned.
func TestVisitorsError(t *testing.T) {
	file, _ := sample(t, 64)
	full, values := errors.New("the disk is full"), 0
	_, _, err := Read(bytes.NewReader(file), int64(len(file)), Visitor{
		Value: func([][]byte, []byte, []byte) error { values++; return full },
	})
	if !errors.Is(err, full) || errors.Is(err, ErrContent) || values != 1 {
		t.Errorf("%d values, %v", values, err)
	}
}

// TestAbort shows that a file that was given up has no end.
func TestAbort(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, Header{Layout: "3", Begun: begun})
	if err != nil {
		t.Fatal(err)
	}
	w.Bucket(names("one"), 7)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if _, _, _, err := recorded(b.Bytes()); !errors.Is(err, ErrTruncated) {
		t.Error(err)
	}
}

// FuzzRecords reads records that nobody wrote: it must end, without a panic, in little memory.
func FuzzRecords(f *testing.F) {
	f.Add([]byte("B\x01\x03one\x07K\x01k\x01vE\x01\x01"))
	f.Add([]byte("M\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01B\x08"))
	f.Add([]byte("B\x01\x03one\x07K\xff\xff\x01K"))
	f.Add([]byte("D\x01r\x01yE\x00\x00"))
	f.Add([]byte("E\x00\x00E"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &records{in: bufio.NewReader(bytes.NewReader(b))}
		err := r.all()
		totals := r.totals
		if err != nil && !errors.Is(err, ErrContent) {
			t.Errorf("%v", err)
		}
		if totals.Bytes > int64(len(b)) {
			t.Errorf("%d bytes of %d", totals.Bytes, len(b))
		}
	})
}
