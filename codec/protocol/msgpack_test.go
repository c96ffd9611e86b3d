package protocol

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/lib0/lib0test"
)

// TestMsgPackLenientForms decodes messages in forms that our encoder does not write: those of the
// npm packages @msgpack/msgpack 3.1 and msgpackr 2.1, and wider forms than needed.
func TestMsgPackLenientForms(t *testing.T) {
	update := Message{Kind: Update, Body: []byte{1, 2, 3}}
	at := func(version uint64) Message {
		return Message{Kind: Update, Body: []byte{1, 2, 3}, Version: version}
	}
	for _, tt := range []struct {
		name, hex string
		want      Message
	}{
		{"@msgpack/msgpack, 2^33", "92c403010203cf0000000200000000", at(1 << 33)},
		{"msgpackr, 2^33", "92c403010203cb4200000000000000", at(1 << 33)},
		{"@msgpack/msgpack, 2^53-1", "92c403010203cf001fffffffffffff", at(lib0.MaxSafeInteger)},
		{"msgpackr, 2^53-1", "92c403010203cb433fffffffffffff", at(lib0.MaxSafeInteger)},
		{"float32", "92c403010203ca42280000", at(42)},
		{"uint8", "92c403010203cc2a", at(42)},
		{"uint16", "92c403010203cd002a", at(42)},
		{"uint32", "92c403010203ce0000002a", at(42)},
		{"int8", "92c403010203d02a", at(42)},
		{"int16", "92c403010203d1002a", at(42)},
		{"int32", "92c403010203d20000002a", at(42)},
		{"int64", "92c403010203d3000000000000002a", at(42)},
		{"bin16", "c50003010203", update},
		{"bin32", "c600000003010203", update},
		{"array of one", "91c403010203", update},
		{"array16", "dc0001c403010203", update},
		{"array32", "dd00000001c403010203", update},
		{"nil version", "92c403010203c0", update},
		{"kind as float64", "91cb4028000000000000", Message{Kind: Ping}},
		{"str8", "920bd90161", Message{Kind: Auth, Body: []byte("a")}},
		{"str32", "920bdb0000000161", Message{Kind: Auth, Body: []byte("a")}},
		{"unknown kind", "9214c0", Message{Kind: Unknown}},
		{"a server's kind", "93072b02", Message{Kind: Unknown}},
		{"an update as the server sends it", "9301c4030102032a", at(42)},
		{"a signal", "930ea161a27b7d", Message{Kind: Signal, Text: "a", Body: []byte("{}")}},
		{"a signal and nil", "930ea161c0", Message{Kind: Signal, Text: "a"}},
		{"a server's event", "920ea46c656674", Message{Kind: Unknown}},
		{"nil vector", "9200c0", Message{Kind: SyncRequest, Body: []byte{0}}},
		{"further fields of every type", "dc00140c" + "c0c2c3ff" + "ca00000000" + "cf0000000000000000" + "a161" + "c401ff" +
			"9203" + "9100" + "83c081c0c0c0de0001c0c090c0" + "d4ffff" + "c70101ff" + "dc000100" + "80" + "90" + "d8ff00000000000000000000000000000000" + "e0" + "d0ff" + "7f", Message{Kind: Ping}},
		{"a million deep field", "920c" + strings.Repeat("91", 1_000_000) + "c0",
			Message{Kind: Ping}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var m Message
			if rest, err := (MsgPack{}).Next(unhex(t, tt.hex), &m); err != nil || len(rest) > 0 ||
				!equal(m, tt.want) {
				t.Errorf("%v, %d bytes left, %+v", err, len(rest), m)
			}
		})
	}
}

// TestMsgPackErrors checks the offset of each error, which ^ marks.
func TestMsgPackErrors(t *testing.T) {
	for _, tt := range []struct {
		name, hex string
		err       error
	}{
		{"nothing", "^", lib0.ErrTruncated},
		{"a number", "^0c", ErrMessage},
		{"a text", "^a161", ErrMessage},
		{"a map", "^8000", ErrMessage},
		{"nil", "^c0", ErrMessage},
		{"an empty array", "90^", ErrMessage},
		{"a signal without event", "910e^", ErrMessage},
		{"event is a number", "920e^01", ErrMessage},
		{"members of an event are a list", "930ea161^a25b5d", ErrMessage},
		{"kind is a text", "91^a161", ErrMessage},
		{"kind is negative", "91^ff", ErrMessage},
		{"kind is half", "91^cb3fe0000000000000", ErrMessage},
		{"no token", "910b^", ErrMessage},
		{"kick of nobody", "910f^", ErrMessage},
		{"kick of an empty id", "920f^a0", ErrMessage},
		{"kick of a number", "920f^01", ErrMessage},
		{"kick for a text", "940fa161c0^a131", ErrMessage},
		{"lock for a number", "9210^01", ErrMessage},
		{"notice of another level", "9309^a56572726f72a178", ErrMessage},
		{"notice without message", "9209a4696e666f^", ErrMessage},
		{"token is bin", "920b^c40161", ErrMessage},
		{"token not UTF-8", "920ba261^ff", lib0.ErrUTF8},
		{"cursor is no JSON", "9203a17b^", jsontext.ErrSyntax},
		{"cursor is a number", "9203^01", ErrMessage},
		{"awareness is a text", "9202^a161", ErrMessage},
		{"no awareness", "9102^", ErrMessage},
		{"vector is a number", "9200^01", ErrMessage},
		{"version is a text", "92c400^a161", ErrMessage},
		{"version is negative", "92c400^d3ffffffffffffffff", ErrMessage},
		{"version is half", "92c400^cb3fe0000000000000", ErrMessage},
		{"version is NaN", "92c400^cb7ff8000000000000", ErrMessage},
		{"version 2^53", "92c400^cf0020000000000000", lib0.ErrOverflow},
		{"version 2^64-1", "92c400^cfffffffffffffffff", lib0.ErrOverflow},
		{"version is infinite", "92c400^cb7ff0000000000000", lib0.ErrOverflow},
		{"two messages", "910c^910c", lib0.ErrTrailing},
		{"a tail behind an update", "c400^00", lib0.ErrTrailing},
		{"4 GB of update", "^c6ffffffff00", lib0.ErrTruncated},
		{"4 GB of text", "920b^dbffffffff00", lib0.ErrTruncated},
		{"4 billion fields", "^ddffffffff0c", lib0.ErrTruncated},
		{"4 billion values in a further field", "920cddffffffff^00", lib0.ErrTruncated},
		{"4 billion pairs in a further field", "920cdfffffffff^00", lib0.ErrTruncated},
		{"4 GB in a further field", "920c^c9ffffffff0000", lib0.ErrTruncated},
		{"a further field of no type", "920c^c1", ErrMessage},
		{"cut number in a further field", "920c^cf00", lib0.ErrTruncated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			frame := unhex(t, strings.Replace(tt.hex, "^", "", 1))
			m := Message{Kind: Update}
			rest, err := MsgPack{}.Next(frame, &m)
			lib0test.WantError(t, err, tt.err, strings.IndexByte(tt.hex, '^')/2)
			if m.Kind != 0 || len(rest) != len(frame) {
				t.Error("something was read")
			}
		})
	}
}

// TestMsgPackBorrows checks that a body is a part of the payload, and no more than that.
func TestMsgPackBorrows(t *testing.T) {
	frame := []byte{0x92, 0xc4, 1, 5, 1}
	var m Message
	if _, err := (MsgPack{}).Next(frame, &m); err != nil || len(m.Body) != 1 ||
		&m.Body[0] != &frame[3] || cap(m.Body) != 1 {
		t.Errorf("%v, %v with capacity %d", err, m.Body, cap(m.Body))
	}
}

// TestMsgPackOverhead checks how many bytes an update takes beyond its own, whatever its length and
// version.
func TestMsgPackOverhead(t *testing.T) {
	for _, size := range []int{0, 1, 31, 32, 255, 256, 65535, 65536, 1 << 20} {
		for _, version := range []uint64{0, 127, 128, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, lib0.MaxSafeInteger, 1<<64 - 1} {
			m := Message{Kind: Update, Body: make([]byte, size), Version: version, From: "u1"}
			frame := MsgPack{}.Append(nil, m)
			if n := len(frame) - size; n > 8 {
				t.Errorf("%d bytes beyond %d, version %d", n, size, version)
			}
			var got Message
			if _, err := (MsgPack{}).Next(frame, &got); err != nil || len(got.Body) != size {
				t.Fatal(err)
			}
			if small := version <= 65535 && size <= 255 || version <= 127; small &&
				got.Version != version {
				t.Errorf("version %d of %d bytes became %d", version, size, got.Version)
			}
		}
	}
}

// TestMsgPackWritesUTF8 checks that nothing but UTF-8 is written.
func TestMsgPackWritesUTF8(t *testing.T) {
	var got []any
	frame := MsgPack{}.Append(nil, Message{Kind: Failure, Code: "a\xffb", Text: "é"})
	if err := msgpack.Unmarshal(frame, &got); err != nil || len(got) != 3 || got[1] != "a\ufffdb" ||
		got[2] != "é" {
		t.Errorf("%v, %v", err, got)
	}
}

// TestMsgPackIsMessagePack shows that a library reads everything that is written.
func TestMsgPackIsMessagePack(t *testing.T) {
	for _, tt := range serverMessages {
		frame := MsgPack{}.Append(nil, tt.m)
		d := msgpack.NewDecoder(bytes.NewReader(frame))
		if _, err := d.DecodeInterface(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if _, err := d.PeekCode(); err == nil {
			t.Errorf("%s has a tail", tt.name)
		}
	}
}

// FuzzMsgPack checks that accepted frames are MessagePack, and that updates are the same after they
// are written and read.
func FuzzMsgPack(f *testing.F) {
	for _, tt := range clientMessages {
		f.Add(unhex(f, tt.pack))
	}
	for _, tt := range serverMessages {
		f.Add(MsgPack{}.Append(nil, tt.m))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var m Message
		_, err := MsgPack{}.Next(bytes.Clone(payload), &m)
		var at *lib0.SyntaxError
		if err != nil {
			if !errors.As(err, &at) || at.Offset > len(payload) || m.Kind != 0 {
				t.Fatalf("%v, %+v", err, m)
			}
			return
		}
		d := msgpack.NewDecoder(bytes.NewReader(payload))
		if len(payload) < 1000 && d.Skip() != nil { // it recurses
			t.Fatal("accepted what is no MessagePack")
		}
		if m.Kind == Update {
			checkRoundTrip(t, MsgPack{}, m)
		}
	})
}
