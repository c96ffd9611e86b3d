package ywebsocket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// logRecord returns a record of a LevelDB log, which must fit into a block.
func logRecord(content []byte) []byte {
	body := append([]byte{1}, content...)
	sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
	b := binary.LittleEndian.AppendUint32(nil, (sum>>15|sum<<17)+0xa282ead8)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(content)))
	return append(b, body...)
}

// storeOf returns a folder with a LevelDB whose log has these keys and values, in turn. Stores of
// real servers are read in cmd/civic-realtime/e2e.
func storeOf(t *testing.T, entries ...string) string {
	t.Helper()
	batch := binary.LittleEndian.AppendUint64(nil, 1)
	batch = binary.LittleEndian.AppendUint32(batch, uint32(len(entries)/2))
	for i, text := range entries {
		if i%2 == 0 {
			batch = append(batch, 1)
		}
		batch = append(binary.AppendUvarint(batch, uint64(len(text))), text...)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{
		"CURRENT":         []byte("MANIFEST-000001\n"),
		"MANIFEST-000001": logRecord([]byte("\x01\x1aleveldb.BytewiseComparator\x02\x02")),
		"000002.log":      logRecord(batch),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func updateKey(name string, n uint32) string {
	key := appendString(documentPrefix(name), "update")
	return string(binary.BigEndian.AppendUint32(append(key, number), n))
}

func metaKey(name, meta string) string {
	return string(appendString(appendString(documentPrefix(name), "meta"), meta))
}

func vectorKey(name string) string { return string(appendString(slices.Clone(vectors), name)) }

// TestDocuments shows that documents have their updates in order, whatever they are called and
// however long their names are, that metadata is left out, and that a document without updates is
// known by its state vector.
func TestDocuments(t *testing.T) {
	long := strings.Repeat("long", 100)
	dir := storeOf(t,
		updateKey("b", 10), "ten", updateKey("b", 9), "nine", updateKey("b", 256), "two hundred", updateKey("a", 0), "a",
		updateKey("", 0), "nameless", updateKey(long, 3), "long", metaKey("a", "title"), "A", metaKey("m", "title"), "M",
		vectorKey("a"), "v", vectorKey("b"), "v", vectorKey("m"), "v", vectorKey("e"), "v", "another key", "x")
	s, err := Open(dir)
	if err != nil || !Is(dir) {
		t.Fatal(err)
	}
	var got []string
	for d := range s.Documents() {
		got = append(got, fmt.Sprintf("%.9q %q %v", d.Name, bytes.Join(d.Updates, []byte(",")), d.Err != nil))
	}
	want := []string{
		`"" "nameless" false`, `"a" "a" false`, `"b" "nine,ten,two hundred" true`, `"longlongl" "long" false`,
		`"e" "" false`, `"m" "" false`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestMissingUpdate shows that the error of a document of which an update is missing says which.
func TestMissingUpdate(t *testing.T) {
	s, err := Open(storeOf(t, updateKey("a", 4), "", updateKey("a", 6), ""))
	if err != nil {
		t.Fatal(err)
	}
	for d := range s.Documents() {
		if !errors.Is(d.Err, imports.ErrDamaged) || !strings.Contains(d.Err.Error(), "update 4 is followed by 6") {
			t.Error(d.Err)
		}
	}
}

// TestUnknownKeys shows that keys of another form are reported, with the document if that is known.
func TestUnknownKeys(t *testing.T) {
	s, err := Open(storeOf(t,
		string(documents)+"\x00\x09short", "", string(documents)+"\x01\x00\x00\x00\x01", "",
		string(documentPrefix("a"))+"\x00\x05other", "", string(documentPrefix("b"))+"\x00\x06update\x01\x00", "",
		string(vectors)+"\x02", ""))
	if err != nil {
		t.Fatal(err)
	}
	lost, named := 0, 0
	for d := range s.Documents() {
		switch {
		case !errors.Is(d.Err, imports.ErrDamaged):
			t.Errorf("%+v", d)
		case d.Lost:
			lost++
		default:
			named++
		}
	}
	if lost != 3 || named != 2 {
		t.Errorf("%d lost parts, %d documents", lost, named)
	}
}

// TestDamagedLog shows that a log that is damaged is a lost part.
func TestDamagedLog(t *testing.T) {
	dir := storeOf(t, updateKey("a", 4), "update")
	name := filepath.Join(dir, "000002.log")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 1
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if docs := slices.Collect(s.Documents()); len(docs) != 1 || !docs[0].Lost || !errors.Is(docs[0].Err, imports.ErrDamaged) {
		t.Errorf("%+v", docs)
	}
}
