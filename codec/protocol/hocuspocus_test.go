package protocol

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// hFrames are frames as @hocuspocus/provider 4.8.0 and 3.4.4 send them, and @hocuspocus/server
// 4.7.0 answers: of the document "abc", without its address.
var hFrames = []struct {
	name string
	hex  string
	m    Message
	from string // who sends it: client, server or both
}{
	{"step 1", "000003010702", Message{Kind: SyncRequest, Body: fromHex("010702")}, "both"},
	{"step 2", "00010d" + typedUpdate, Message{Kind: SyncReply, Body: fromHex(typedUpdate)}, "both"},
	{"update", "00020d" + typedUpdate, Message{Kind: Update, Body: fromHex(typedUpdate)}, "both"},
	{"awareness", "0108010702046e756c6c", Message{Kind: Awareness, Body: fromHex("010702046e756c6c")}, "both"},
	{"token of version 4", "020005746f6b656e05342e382e30", Message{Kind: Auth, Body: []byte("token"), Text: "4.8.0"}, "client"},
	{"token of version 3", "020005746f6b656e", Message{Kind: Auth, Body: []byte("token")}, "client"},
	{"no token", "020000", Message{Kind: Auth, Body: []byte{}}, "client"},
	{"query", "03", Message{Kind: AwarenessRequest}, "both"},
	{"stateless", "05026869", Message{Kind: Stateless, Body: []byte("hi")}, "both"},
	{"close", "07", Message{Kind: Detach}, "client"},

	{"denied", "0201026e6f", Message{Kind: Refusal, Text: "no"}, "server"},
	{"may write", "02020a726561642d7772697465", Message{Kind: Access, Room: &Room{}}, "server"},
	{"may read", "020208726561646f6e6c79", Message{Kind: Access, Room: &Room{ReadOnly: true}}, "server"},
	{"token, please", "0200", Message{Kind: TokenRequest}, "server"},
	{"closed", "07026e6f", Message{Kind: Detach, Text: "no"}, "server"},
	{"saved", "0801", Message{Kind: Ack, Count: 1}, "server"},
	{"refused", "0800", Message{Kind: Ack}, "server"},
}

// TestHocuspocusFrames shows that the provider's messages are read, and the server's written, as
// they are on the wire, and that no part of a message is taken for one.
func TestHocuspocusFrames(t *testing.T) {
	for _, tt := range hFrames {
		t.Run(tt.name, func(t *testing.T) {
			frame := fromHex(tt.hex)
			if tt.from != "client" || tt.m.Kind == Auth {
				if got := (Hocuspocus{}).Append([]byte("x"), tt.m); !bytes.Equal(got[1:], frame) {
					t.Errorf("Append: %x", got[1:])
				}
			}
			if tt.from == "server" {
				return
			}
			var m Message
			rest, err := Hocuspocus{}.Next(frame, &m)
			if err != nil || len(rest) > 0 || m.Kind != tt.m.Kind || !bytes.Equal(m.Body, tt.m.Body) || m.Text != tt.m.Text {
				t.Errorf("Next: %v, %d bytes left, %+v", err, len(rest), m)
			}
			if k := HocuspocusKind(frame); k != tt.m.Kind {
				t.Errorf("kind %d", k)
			}
			longer := append(bytes.Clone(frame), 1, 'x')
			if _, err := (Hocuspocus{}).Next(longer, &m); err != nil && m.Kind != Auth {
				t.Errorf("with another field: %v", err)
			}
			complete := map[int]bool{len(fromHex("020005746f6b656e")): m.Kind == Auth}
			for n := range frame {
				if _, err := (Hocuspocus{}).Next(frame[:n], &m); !errors.Is(err, lib0.ErrTruncated) && !complete[n] {
					t.Errorf("%d bytes of it: %v", n, err)
				}
			}
		})
	}
}

// TestHocuspocusRefuses shows which messages are none of a client, and which are only unknown.
func TestHocuspocusRefuses(t *testing.T) {
	for hex, known := range map[string]bool{
		"0601": true, "0801": true, "020102": true, "0202": true, "0200026e": true, "0502ff41": true,
		"04": false, "0b": false, "8001": false, "000301": false,
	} {
		var m Message
		if _, err := (Hocuspocus{}).Next(fromHex(hex), &m); (err != nil) != known || !known && m.Kind != Unknown {
			t.Errorf("%s: %+v, %v", hex, m, err)
		}
	}
}

// TestHocuspocusNoForm shows that messages of other protocols have no form: a client would throw.
func TestHocuspocusNoForm(t *testing.T) {
	for k := range Kind(Kinds) {
		m := Message{Kind: k, Code: CodePermissionDenied, Text: "x", Room: &Room{}, User: &User{}}
		has := false
		for _, f := range hFrames {
			has = has || f.m.Kind == k && (k != Auth || m.Body != nil)
		}
		if got := (Hocuspocus{}).Append(nil, m); (len(got) > 0) != has {
			t.Errorf("kind %d: %x", k, got)
		}
	}
}

// TestCutAddress shows where the address of a frame ends, and which frames have none.
func TestCutAddress(t *testing.T) {
	long := strings.Repeat("a", MaxAddress+1)
	for _, tt := range []struct {
		frame         []byte
		address, rest string
		ok            bool
	}{
		{append(lib0.AppendString(nil, "abc"), 3), "abc", "\x03", true},
		{append(lib0.AppendString(nil, "abc\x00s1"), 3), "abc\x00s1", "\x03", true},
		{append(lib0.AppendString(nil, long), 3), long, "\x03", true},
		{lib0.AppendString(nil, "abc"), "abc", "", false},
		{append(lib0.AppendString(nil, ""), 3), "", "\x03", false},
		{[]byte("\x02\xff\xfe\x03"), "", "", false},
		{[]byte("\x05ab"), "", "", false},
		{nil, "", "", false},
		{[]byte{9}, "", "", false},
	} {
		address, rest, ok := CutAddress(tt.frame)
		if ok != tt.ok || ok && (string(address) != tt.address || string(rest) != tt.rest) {
			t.Errorf("%q: %q, %q, %v", tt.frame, address, rest, ok)
		}
	}
	if NameOf("abc\x00s1") != "abc" || NameOf("abc") != "abc" || NameOf("\x00s") != "" {
		t.Error("names")
	}
}

// TestAddressFrames shows that an address is put in front of messages of any length, in their first
// frame, and that the longest update still fits a frame of MaxFrame bytes with the longest address.
func TestAddressFrames(t *testing.T) {
	longest := (Hocuspocus{}).MaxUpdate()
	for _, n := range []int{0, 1, 100, 121, 125, 126, 1000, longest, longest + 1, 65529, 65530, 65531, 70000, 200000} {
		for _, name := range []string{"a", "abc", strings.Repeat("n", 127), strings.Repeat("n", MaxAddress)} {
			body := bytes.Repeat([]byte{7}, n)
			frames := websocket.WrapMessage(Hocuspocus{}.Append(make([]byte, websocket.MaxHeader), Message{Kind: Update, Body: body}), false)
			address := AppendAddress(nil, name)
			got := AddressFrames([]byte("x"), frames, address)[1:]
			if n <= longest && len(got) > websocket.MaxFrame {
				t.Errorf("%d bytes: a frame of %d", n, len(got))
			}
			payload := []byte(nil)
			for first := true; len(got) > 0; first = false {
				header, length := websocket.UnmaskedHeader(got)
				final, op := got[0]&websocket.Final != 0, websocket.Opcode(got[0]&0x0f)
				if first != (op == websocket.OpBinary) || final != (header+length == len(got)) {
					t.Fatalf("%d bytes, address of %d: first byte %x", n, len(name), got[0])
				}
				payload = append(payload, got[header:header+length]...)
				got = got[header+length:]
			}
			found, rest, ok := CutAddress(payload)
			var m Message
			if _, err := (Hocuspocus{}).Next(rest, &m); !ok || err != nil || string(found) != name || !bytes.Equal(m.Body, body) {
				t.Errorf("%d bytes, address of %d: %v", n, len(name), err)
			}
		}
	}
}

// TestSaves shows which frames tell a client that an update is saved.
func TestSaves(t *testing.T) {
	frames := func(m Message) []byte {
		return websocket.WrapMessage(Hocuspocus{}.Append(make([]byte, websocket.MaxHeader), m), false)
	}
	if !Saves(frames(Message{Kind: Ack, Count: 1})) || Saves(frames(Message{Kind: Ack})) ||
		Saves(frames(Message{Kind: Stateless, Body: nil})) || Saves(frames(Message{Kind: Awareness, Body: []byte{0}})) {
		t.Error("wrong")
	}
}

// FuzzHocuspocus shows that nothing that a client sends makes the reader fail otherwise than with
// an error, and that what it reads is written as it came.
func FuzzHocuspocus(f *testing.F) {
	for _, tt := range hFrames {
		f.Add(append(lib0.AppendString(nil, "abc"), fromHex(tt.hex)...))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		_, payload, ok := CutAddress(frame)
		if !ok {
			return
		}
		var m Message
		rest, err := Hocuspocus{}.Next(payload, &m)
		if err != nil || m.Kind == Unknown {
			return
		}
		if len(rest) > 0 || HocuspocusKind(payload) != m.Kind {
			t.Fatalf("%d bytes left", len(rest))
		}
		if m.Kind == Detach {
			return
		}
		var again Message
		if _, err := (Hocuspocus{}).Next(Hocuspocus{}.Append(nil, m), &again); err != nil || again.Kind != m.Kind || !bytes.Equal(again.Body, m.Body) || again.Text != m.Text {
			t.Fatalf("%+v came back as %+v, %v", m, again, err)
		}
	})
}
