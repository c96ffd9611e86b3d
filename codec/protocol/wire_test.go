package protocol

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

var protocols = []Protocol{JSON{}, MsgPack{}, YWebsocket{}}

// typedUpdate is an update of client 7, which typed "hé" into the text "t", as yjs 13.6 writes it.
const typedUpdate = "01010700040101740368c3a900"

func fromHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// clientMessages are the messages of clients, as docs/protocol.md shows them.
var clientMessages = []struct {
	name string
	m    Message
	json string
	pack string // hex
}{
	{"update", Message{Kind: Update, Body: fromHex(typedUpdate), Version: 42},
		`{"type":"sync","update":"AQEHAAQBAXQDaMOpAA==","version":42}`,
		"92c40d" + typedUpdate + "2a"},
	{"update, nothing seen", Message{Kind: Update, Body: fromHex(typedUpdate)},
		`{"type":"sync","update":"AQEHAAQBAXQDaMOpAA=="}`, "c40d" + typedUpdate},
	{"request", Message{Kind: SyncRequest, Body: []byte{1, 7, 2}},
		`{"type":"sync","event":"request","stateVector":"AQcC"}`, "9200c403010702"},
	{"request of everything", Message{Kind: SyncRequest, Body: []byte{0}},
		`{"type":"sync","event":"request"}`, "9100"},
	{"cursor", Message{Kind: Cursor, Body: []byte(`{"anchor":null,"head":null}`)},
		`{"type":"presence","event":"cursor","cursor":{"anchor":null,"head":null}}`,
		"9203bb" + fmt.Sprintf("%x", `{"anchor":null,"head":null}`)},
	{"no cursor", Message{Kind: Cursor, Body: []byte(`null`)},
		`{"type":"presence","event":"cursor","cursor":null}`, "9203a46e756c6c"},
	{"awareness", Message{Kind: Awareness, Body: []byte("\x01\x07\x01\x02{}")},
		`{"type":"presence","event":"awareness","awareness":"AQcBAnt9"}`, "9202c406010701027b7d"},
	{"joined", Message{Kind: Joined}, `{"type":"presence","event":"joined"}`, "9104"},
	{"left", Message{Kind: Left}, `{"type":"presence","event":"left"}`, "9105"},
	{"auth", Message{Kind: Auth, Body: []byte("eyJh")},
		`{"type":"control","event":"auth","token":"eyJh"}`, "920ba465794a68"},
	{"ping", Message{Kind: Ping}, `{"type":"ping"}`, "910c"},
	{"signal", Message{Kind: Signal, Text: "typing"}, `{"type":"presence","event":"typing"}`,
		"920ea6747970696e67"},
	{"signal with more", Message{Kind: Signal, Text: "idle"},
		`{"type":"presence","event":"idle","since":1701705600000}`,
		"930ea469646c65b7" + fmt.Sprintf("%x", `{"since":1701705600000}`)},
	{"kick", Message{Kind: Kick, User: &User{ID: "u2"}},
		`{"type":"control","event":"kick","user":{"id":"u2"}}`, "920fa27532"},
	{"kick for a time", Message{Kind: Kick, User: &User{ID: "u2"}, Text: "spam", Count: 600},
		`{"type":"control","event":"kick","user":{"id":"u2"},"reason":"spam","for":600}`,
		"940fa27532a47370616dcd0258"},
	{"lock", Message{Kind: Lock}, `{"type":"control","event":"lock"}`, "9110"},
	{"lock with a reason", Message{Kind: Lock, Text: "vote"},
		`{"type":"control","event":"lock","reason":"vote"}`, "9210a4766f7465"},
	{"unlock", Message{Kind: Unlock}, `{"type":"control","event":"unlock"}`, "9111"},
	{"notice", Message{Kind: Notice, Code: Info, Text: "Break"},
		`{"type":"control","event":"notice","notice":{"level":"info","message":"Break"}}`,
		"9309a4696e666fa5427265616b"},
}

var ann = User{ID: "u1", Name: "Ann", Color: "#3b82f6"}

// serverMessages are the messages of the server, as docs/protocol.md shows them.
var serverMessages = []struct {
	name string
	m    Message
	json string
	pack string // hex
}{
	{"update", Message{Kind: Update, Body: fromHex(typedUpdate), Version: 43, From: "u1"},
		`{"type":"sync","update":"AQEHAAQBAXQDaMOpAA==","version":43,"from":"u1"}`,
		"92c40d" + typedUpdate + "2b"},
	{"update of nobody", Message{Kind: Update, Body: fromHex(typedUpdate), Version: 1 << 32},
		`{"type":"sync","update":"AQEHAAQBAXQDaMOpAA==","version":4294967296}`,
		"c40d" + typedUpdate},
	{"reply", Message{Kind: SyncReply, Body: fromHex(typedUpdate), Version: 43},
		`{"type":"sync","event":"reply","update":"AQEHAAQBAXQDaMOpAA==","version":43}`,
		"9301c40d" + typedUpdate + "2b"},
	{"room state", Message{Kind: RoomState, Body: fromHex(typedUpdate), Version: 42, Room: &Room{
		ID: "record:abc", Participants: []User{ann}, StateVector: []byte{1, 7, 2}, Settled: 3}},
		`{"type":"control","event":"room_state","room":{"id":"record:abc",` +
			`"participants":[{"id":"u1","name":"Ann","color":"#3b82f6"}],"yjsState":"AQEHAAQBAXQDaMOpAA==",` +
			`"version":42,"readOnly":false,"stateVector":"AQcC","settled":3}}`,
		"9906aa7265636f72643a6162639193a27531a3416e6ea723336238326636c40d" + typedUpdate + "2ac2c4030107020003"},
	{"room state, first part", Message{Kind: RoomState, Body: fromHex(typedUpdate), Version: 42,
		Room: &Room{
			ID: "record:abc", ReadOnly: true, More: 3}},
		`{"type":"control","event":"room_state","room":{"id":"record:abc","participants":[],` +
			`"yjsState":"AQEHAAQBAXQDaMOpAA==","version":42,"readOnly":true,"more":3,"settled":0}}`,
		"9906aa7265636f72643a61626390c40d" + typedUpdate + "2ac3c00300"},
	{"access", Message{Kind: Access, Room: &Room{}},
		`{"type":"control","event":"access","readOnly":false}`, "9212c2"},
	{"access taken away", Message{Kind: Access, Room: &Room{ReadOnly: true}},
		`{"type":"control","event":"access","readOnly":true}`, "9212c3"},
	{"ack", Message{Kind: Ack, Version: 43, Count: 2},
		`{"type":"control","event":"ack","version":43,"count":2}`, "93072b02"},
	{"joined", Message{Kind: Joined, User: &ann},
		`{"type":"presence","event":"joined","user":{"id":"u1","name":"Ann","color":"#3b82f6"}}`,
		"9404a27531a3416e6ea723336238326636"},
	{"left", Message{Kind: Left, From: "u1"},
		`{"type":"presence","event":"left","user":{"id":"u1"}}`, "9205a27531"},
	{"cursor", Message{Kind: Cursor, From: "u1", Body: []byte(`{"position":42}`)},
		`{"type":"presence","event":"cursor","user":{"id":"u1"},"cursor":{"position":42}}`,
		"9303af" + fmt.Sprintf("%x", `{"position":42}`) + "a27531"},
	{"no cursor", Message{Kind: Cursor, From: "u1"},
		`{"type":"presence","event":"cursor","user":{"id":"u1"},"cursor":{}}`,
		"9303a46e756c6ca27531"},
	{"awareness", Message{Kind: Awareness, From: "u1", Body: []byte("\x01\x07\x01\x02{}")},
		`{"type":"presence","event":"awareness","user":{"id":"u1"},"awareness":"AQcBAnt9"}`,
		"9302c406010701027b7da27531"},
	{"error", Message{Kind: Failure, Code: CodePermissionDenied, Text: "read-only"},
		`{"type":"control","event":"error","error":{"code":"PERMISSION_DENIED","message":"read-only"}}`,
		"9308b15045524d495353494f4e5f44454e494544a9726561642d6f6e6c79"},
	{"notice", Message{Kind: Notice, Code: Warning, Text: "Rate limit approaching"},
		`{"type":"control","event":"notice","notice":{"level":"warning","message":"Rate limit approaching"}}`,
		"9309a77761726e696e67b652617465206c696d697420617070726f616368696e67"},
	{"revoked", Message{Kind: Revoked, Text: "logged out"},
		`{"type":"control","event":"session.revoked","reason":"logged out"}`,
		"920aaa6c6f67676564206f7574"},
	{"auth", Message{Kind: Auth, Time: 1701705600000},
		`{"type":"control","event":"auth","expires":1701705600000}`, "920bcf0000018c358ecc00"},
	{"auth without end", Message{Kind: Auth}, `{"type":"control","event":"auth"}`, "910b"},
	{"signal", Message{Kind: Signal, From: "u1", Text: "typing"},
		`{"type":"presence","event":"typing","user":{"id":"u1"}}`,
		"940ea6747970696e67a27b7da27531"},
	{"signal with more", Message{Kind: Signal, From: "u1", Text: "idle",
		Body: []byte(`{"type":"presence","event":"idle","since":1701705600000}`)},
		`{"type":"presence","event":"idle","user":{"id":"u1"},"since":1701705600000}`,
		"940ea469646c65b7" + fmt.Sprintf("%x", `{"since":1701705600000}`) + "a27531"},
	{"pong", Message{Kind: Pong, Time: 1701705600000}, `{"type":"pong","timestamp":1701705600000}`,
		"920dcf0000018c358ecc00"},
}

// equal compares the fields that messages of clients have, and checks that the others are zero.
func equal(a, b Message) bool {
	return a.Kind == b.Kind && (bytes.Equal(a.Body, b.Body) || a.Kind == Signal && b.Body == nil) &&
		a.Text == b.Text && a.Version == b.Version && a.Code == b.Code && a.Count == b.Count &&
		a.Time == 0 && a.From == "" && reflect.DeepEqual(a.User, b.User) && a.Room == nil
}

func TestDecodeClientMessages(t *testing.T) {
	for _, tt := range clientMessages {
		for p, frame := range map[Protocol][]byte{JSON{}: []byte(tt.json), MsgPack{}: unhex(t, tt.pack)} {
			t.Run(p.Name()+" "+tt.name, func(t *testing.T) {
				checkTruncated(t, p, frame)
				var m Message
				rest, err := p.Next(bytes.Clone(frame), &m)
				if err != nil || len(rest) > 0 || !equal(m, tt.m) {
					t.Errorf("%v, %d bytes left, %+v with body %q", err, len(rest), m, m.Body)
				}
			})
		}
	}
}

// checkTruncated checks that no beginning of a frame is a message.
func checkTruncated(t *testing.T, p Protocol, frame []byte) {
	for n := range frame {
		var at *lib0.SyntaxError
		m := Message{Kind: Update}
		rest, err := p.Next(bytes.Clone(frame[:n]), &m)
		if !errors.As(err, &at) || at.Offset > n || len(rest) != n || m.Kind != 0 {
			t.Errorf("%d bytes of it: %v", n, err)
		}
		if p.Text() && (!errors.Is(err, jsontext.ErrSyntax) || at.Offset != n) || !p.Text() &&
			!errors.Is(err, lib0.ErrTruncated) {
			t.Errorf("%d bytes of it: %v", n, err)
		}
	}
}

func TestEncodeServerMessages(t *testing.T) {
	for _, tt := range serverMessages {
		if got := string(JSON{}.Append([]byte("x"), tt.m)); got != "x"+tt.json {
			t.Errorf("%s in JSON: %s", tt.name, got)
		}
		if got := fmt.Sprintf("%x", MsgPack{}.Append([]byte("x"), tt.m)); got != "78"+tt.pack {
			t.Errorf("%s in MessagePack: %s", tt.name, got)
		}
	}
}

// TestAppendWithoutForm checks that nothing is written for messages that only clients send, and for
// those that lack their user or room.
func TestAppendWithoutForm(t *testing.T) {
	for _, p := range protocols[:2] {
		for _, k := range []Kind{0, SyncRequest, AwarenessRequest, Ping, Joined, RoomState, Kinds} {
			if got := p.Append([]byte("x"), Message{Kind: k, Body: []byte{0}}); string(got) != "x" {
				t.Errorf("%s writes %q for kind %d", p.Name(), got, k)
			}
		}
	}
}

// TestMaxUpdate checks that the longest update fits a frame, with the longest other fields.
func TestMaxUpdate(t *testing.T) {
	for _, p := range protocols {
		for _, k := range []Kind{Update, SyncReply} {
			m := Message{Kind: k, Body: make([]byte, p.MaxUpdate()), Version: lib0.MaxSafeInteger,
				From: strings.Repeat("\x01", 255)}
			if n := len(wrapped(p, m)); n > websocket.MaxFrame {
				t.Errorf("%s makes a frame of %d bytes of kind %d", p.Name(), n, k)
			}
		}
		if p.MaxUpdate() < websocket.MaxFrame/4*3-2048 {
			t.Errorf("%s has room for %d bytes only", p.Name(), p.MaxUpdate())
		}
	}
}

func wrapped(p Protocol, m Message) []byte {
	return websocket.WrapMessage(p.Append(make([]byte, websocket.MaxHeader), m), p.Text())
}

// TestRoomStateFits checks that a RoomState with all it may have is one frame.
func TestRoomStateFits(t *testing.T) {
	escaped := User{ID: strings.Repeat("\x01", 255), Name: strings.Repeat("\x02", 128),
		Color: "#3b82f6"}
	ordinary := User{ID: "5f0c2a9e-3f7b-4f3e-9f0e-0b8a", Name: "Ann Other", Color: "#3b82f6"}
	for name, u := range map[string]User{"escaped": escaped, "ordinary": ordinary} {
		users := make([]User, 1000)
		for i := range users {
			users[i] = u
		}
		n := FitParticipants(users)
		if name == "escaped" && n < 10 || name == "ordinary" && n < 250 || n == len(users) {
			t.Errorf("%d %s participants", n, name)
		}
		r := Room{ID: strings.Repeat("\x01", 262), Participants: users[:n],
			StateVector: make([]byte, MaxStateVector), More: 99999}
		for _, p := range protocols[:2] {
			m := Message{Kind: RoomState, Room: &r, Version: lib0.MaxSafeInteger,
				Body: make([]byte, MinState)}
			if size := len(wrapped(p, m)); size > websocket.MaxFrame {
				t.Errorf("%s, %s: a frame of %d bytes", p.Name(), name, size)
			}
		}
	}
	if n := FitParticipants([]User{ann}); n != 1 {
		t.Errorf("%d of one", n)
	}
}

// TestRelayBetweenProtocols passes messages from each protocol to each, as a room does, and
// overwrites the sender's frame before they are read.
func TestRelayBetweenProtocols(t *testing.T) {
	for _, p := range protocols {
		for _, q := range protocols {
			for name, body := range map[string][]byte{
				"empty": {}, "short": []byte(typedUpdate), "binary": bytes.Repeat([]byte{0xfb, 0xff, 0}, 100),
				"longest": bytes.Repeat([]byte{0xff}, min(p.MaxUpdate(), q.MaxUpdate())),
			} {
				for _, kind := range []Kind{Update, Awareness} {
					var m Message
					frame := p.Append(nil, Message{Kind: kind, Body: body, From: "u1", Version: 7})
					if _, err := p.Next(frame, &m); err != nil || m.Kind != kind {
						t.Fatalf("%s, %s: %v", p.Name(), name, err)
					}
					passed := q.Append(nil, m)
					clear(frame)
					if _, err := q.Next(passed, &m); err != nil || m.Kind != kind ||
						!bytes.Equal(m.Body, body) {
						t.Errorf("%s to %s, %s: %v", p.Name(), q.Name(), name, err)
					}
				}
			}
		}
	}
}

// TestDecodeCorruptedFrames sets every byte of every frame to every value, and shows that nothing
// panics, and that the offset of an error is in the frame.
func TestDecodeCorruptedFrames(t *testing.T) {
	for _, p := range protocols {
		for _, frame := range framesOf(t, p) {
			for i := range frame {
				for c := range 256 {
					damaged := bytes.Clone(frame)
					damaged[i] = byte(c)
					var m Message
					var at *lib0.SyntaxError
					_, err := p.Next(damaged, &m)
					if err != nil && (!errors.As(err, &at) || at.Offset > len(frame) || m.Kind != 0) || err == nil && m.Kind == 0 {
						t.Fatalf("%s: byte %d of %q as %d: %v", p.Name(), i, frame, c, err)
					}
				}
			}
		}
	}
}

// framesOf returns the frames of the tables, of clients and servers.
func framesOf(t testing.TB, p Protocol) (frames [][]byte) {
	if p == (YWebsocket{}) {
		for _, tt := range yFrames {
			frames = append(frames, unhex(t, tt.hex))
		}
		return frames
	}
	for _, tt := range clientMessages {
		if frame := []byte(tt.json); p.Text() {
			frames = append(frames, frame)
		} else {
			frames = append(frames, unhex(t, tt.pack))
		}
	}
	for _, tt := range serverMessages {
		frames = append(frames, p.Append(nil, tt.m))
	}
	return frames
}

// BenchmarkProtocols measures reading and writing an update of 30 bytes, and one of 30,000.
func BenchmarkProtocols(b *testing.B) {
	for _, p := range protocols {
		for _, size := range []int{30, 30000} {
			frame := p.Append(nil, Message{Kind: Update, Body: bytes.Repeat([]byte{0xa5}, size),
				Version: 42})
			payload, buf := make([]byte, len(frame)), make([]byte, 0, 2*len(frame))
			b.Run(fmt.Sprintf("%s/%d", p.Name(), size), func(b *testing.B) {
				b.ReportAllocs()
				var m Message
				for b.Loop() {
					copy(payload, frame)
					if _, err := p.Next(payload, &m); err != nil {
						b.Fatal(err)
					}
					buf = p.Append(buf[:0], m)
				}
			})
		}
	}
}
