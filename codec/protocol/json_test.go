package protocol

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/lib0/lib0test"
)

// TestJSONLenientForms decodes messages in forms that we would not write, with the same meaning.
func TestJSONLenientForms(t *testing.T) {
	for _, tt := range []struct {
		name, frame string
		want        Message
	}{
		{"space and order", " {\n\t\"version\" : 42 ,\r\"update\" : \"AAA=\" , \"type\" : \"sync\" } ", Message{Kind: Update, Body: []byte{0, 0}, Version: 42}},
		{"unknown members", `{"type":"sync","update":"AAA","timestamp":1.5,"user":{"id":["u1"]},"from":null}`, Message{Kind: Update, Body: []byte{0, 0}}},
		{"the last counts", `{"update":5,"type":"ping","update":"AAA","type":"sync","version":1,"version":2}`, Message{Kind: Update, Body: []byte{0, 0}, Version: 2}},
		{"nulls are left out", `{"type":"sync","event":null,"update":"AAA","version":null}`,
			Message{Kind: Update, Body: []byte{0, 0}}},
		{"null vector", `{"type":"sync","event":"request","stateVector":null}`,
			Message{Kind: SyncRequest, Body: []byte{0}}},
		{"not needed and ill-typed", `{"type":"ping","update":5,"version":"x","event":[]}`,
			Message{Kind: Ping}},
		{"PHP's slashes", `{"type":"sync","update":"\/\/\/\/"}`,
			Message{Kind: Update, Body: []byte{255, 255, 255}}},
		{"escaped padding", `{"type":"sync","update":"AAA\u003d"}`,
			Message{Kind: Update, Body: []byte{0, 0}}},
		{"escaped names", `{"\u0074ype":"\u0070ing"}`, Message{Kind: Ping}},
		{"all escapes", `{"type":"control","event":"auth","token":"\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00."}`,
			Message{Kind: Auth, Body: []byte("\"\\/\b\f\n\r\té€😀.")}},
		{"halves of pairs", `{"type":"control","event":"auth","token":"\ude00\ud83dx\ud83d\u0041\ud83d"}`,
			Message{Kind: Auth, Body: []byte("\ufffd\ufffdx\ufffdA\ufffd")}},
		{"a cursor as it stands", `{"type":"presence","event":"cursor","cursor": [ "\u0041\/", 1e3 ] }`, Message{Kind: Cursor, Body: []byte(`[ "\u0041\/", 1e3 ]`)}},
		{"unknown type", `{"type":"hello","event":1}`, Message{Kind: Unknown}},
		{"a server's type", `{"type":"pong","timestamp":1}`, Message{Kind: Unknown}},
		{"unknown event of sync", `{"type":"sync","event":"hello"}`, Message{Kind: Unknown}},
		{"another type's event", `{"event":"joined","type":"sync"}`, Message{Kind: Unknown}},
		{"unknown event of control", `{"type":"control","event":"hello"}`, Message{Kind: Unknown}},
		{"a kick with nulls", `{"user":{"name":["x"],"\u0069d":"\u0075\/"},"for":null,"reason":null,"type":"control","event":"kick"}`,
			Message{Kind: Kick, User: &User{ID: "u/"}}},
		{"a notice, the last counts", `{"type":"control","event":"notice","notice":{"level":"x","level":"warning","message":"a\nb"}}`,
			Message{Kind: Notice, Code: Warning, Text: "a\nb"}},
		{"a server's event", `{"type":"control","event":"ack","version":1,"count":1}`,
			Message{Kind: Unknown}},
		{"an update with an event", `{"type":"sync","event":"reply","update":"AAA","version":7}`,
			Message{Kind: Update, Body: []byte{0, 0}, Version: 7}},
		{"a signal", ` {"event":"\u0074yping","type":"presence","a\"b":"c\nd"}`,
			Message{Kind: Signal, Text: "typing",
				Body: []byte(`{"event":"\u0074yping","type":"presence","a\"b":"c\nd"}`)}},
		{"the longest event", `{"type":"presence","event":"` + strings.Repeat("e", 64) + `"}`,
			Message{Kind: Signal, Text: strings.Repeat("e", 64),
				Body: []byte(`{"type":"presence","event":"` + strings.Repeat("e", 64) + `"}`)}},
		{"too long an event", `{"type":"presence","event":"` + strings.Repeat("e", 65) + `"}`,
			Message{Kind: Unknown}},
		{"2^53-1", `{"type":"sync","update":"","version":9007199254740991}`,
			Message{Kind: Update, Version: lib0.MaxSafeInteger}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var m Message
			if rest, err := (JSON{}).Next([]byte(tt.frame), &m); err != nil || len(rest) > 0 ||
				!equal(m, tt.want) {
				t.Errorf("%v, %+v with body %q", err, m, m.Body)
			}
		})
	}
}

// TestJSONErrors checks the offset of each error, which ^ marks.
func TestJSONErrors(t *testing.T) {
	for _, tt := range []struct {
		name, frame string
		err         error
	}{
		{"nothing", `^`, jsontext.ErrSyntax},
		{"no JSON", `^hello`, jsontext.ErrSyntax},
		{"a list", ` ^[1]`, ErrMessage},
		{"a list that does not end", `[1^`, jsontext.ErrSyntax},
		{"a text", `^"ping"`, ErrMessage},
		{"two messages", `{"type":"ping"}^{"type":"ping"}`, jsontext.ErrSyntax},
		{"a zero at the end", "{\"type\":\"ping\"}^\x00", jsontext.ErrSyntax},
		{"bad UTF-8", "{\"type\":\"ping\",\"a\":\"^\xff\"}", lib0.ErrUTF8},
		{"too deep", `{"type":"ping","a":` + strings.Repeat("[", lib0.MaxDepth-1) + `^[`,
			lib0.ErrDepth},
		{"no type", ` ^{"event":"joined"}`, ErrMessage},
		{"type is no text", `{"type":^1}`, ErrMessage},
		{"type is null", `{"type":^null}`, ErrMessage},
		{"event is no text", `{"type":"presence","event":^{}}`, ErrMessage},
		{"no event", `^{"type":"presence"}`, ErrMessage},
		{"no event of control", `^{"type":"control","token":"x"}`, ErrMessage},
		{"bad update with an event", `{"type":"sync","event":"hello","update":"^*"}`, ErrBase64},
		{"no update", `^{"type":"sync"}`, ErrMessage},
		{"null update", `{"type":"sync","update":^null}`, ErrMessage},
		{"update is a list", `{"type":"sync","update":^[1,2]}`, ErrMessage},
		{"no base64", `{"type":"sync","update":"AAA^*"}`, ErrBase64},
		{"URL base64", `{"type":"sync","update":"^_-__"}`, ErrBase64},
		{"no base64 behind an escape", `{"type":"sync","update":^"\/AA*"}`, ErrBase64},
		{"cut base64", `{"type":"sync","update":"AAAA^A"}`, ErrBase64},
		{"negative version", `{"type":"sync","update":"","version":^-1}`, ErrMessage},
		{"broken version", `{"type":"sync","update":"","version":^1.5}`, ErrMessage},
		{"quoted version", `{"type":"sync","update":"","version":^"1"}`, ErrMessage},
		{"version 2^53", `{"type":"sync","update":"","version":^9007199254740992}`,
			lib0.ErrOverflow},
		{"version beyond 64 bits", `{"type":"sync","update":"","version":^99999999999999999999999}`,
			lib0.ErrOverflow},
		{"no cursor", `^{"type":"presence","event":"cursor"}`, ErrMessage},
		{"no token", `^{"type":"control","event":"auth"}`, ErrMessage},
		{"token is a number", `{"type":"control","event":"auth","token":^1}`, ErrMessage},
		{"vector is a number", `{"type":"sync","event":"request","stateVector":^1}`, ErrMessage},
		{"kick of nobody", `^{"type":"control","event":"kick"}`, ErrMessage},
		{"kick of a text", `{"type":"control","event":"kick","user":^"u2"}`, ErrMessage},
		{"kick without id", `{"type":"control","event":"kick","user":^{"name":"Bob"}}`, ErrMessage},
		{"kick of a number", `{"type":"control","event":"kick","user":^{"id":2}}`, ErrMessage},
		{"kick of an empty id", `{"type":"control","event":"kick","user":^{"id":""}}`, ErrMessage},
		{"kick for a text", `{"type":"control","event":"kick","user":{"id":"u2"},"for":^"1"}`, ErrMessage},
		{"lock for a number", `{"type":"control","event":"lock","reason":^1}`, ErrMessage},
		{"no notice", `^{"type":"control","event":"notice"}`, ErrMessage},
		{"notice is a text", `{"type":"control","event":"notice","notice":^"x"}`, ErrMessage},
		{"notice of another level", `{"type":"control","event":"notice","notice":^{"level":"error","message":"x"}}`, ErrMessage},
		{"notice without message", `{"type":"control","event":"notice","notice":^{"level":"info"}}`, ErrMessage},
		{"raw newline", "{\"type\":\"ping^\n\"}", jsontext.ErrSyntax},
	} {
		t.Run(tt.name, func(t *testing.T) {
			offset := strings.IndexByte(tt.frame, '^')
			frame := strings.Replace(tt.frame, "^", "", 1)
			m := Message{Kind: Update}
			rest, err := JSON{}.Next([]byte(frame), &m)
			lib0test.WantError(t, err, tt.err, offset)
			if m.Kind != 0 || len(rest) != len(frame) {
				t.Error("something was read")
			}
		})
	}
}

// TestCivicPressSpecification reads and writes the messages of CivicPress' specification, word for
// word but for the base64.
func TestCivicPressSpecification(t *testing.T) {
	john := User{ID: "user-id-123", Name: "John Doe", Color: "#3b82f6"}
	for spec, m := range map[string]Message{
		`{"type": "sync", "update": "AAA=", "version": 43, "from": "user-id-123"}`: {Kind: Update,
			Body: []byte{0, 0}, Version: 43, From: john.ID},
		`{"type": "presence", "event": "joined", "user": {
			"id": "user-id-123", "name": "John Doe", "color": "#3b82f6" } }`: {Kind: Joined, User: &john},
		`{"type": "presence", "event": "left", "user": { "id": "user-id-123" } }`: {Kind: Left,
			From: john.ID},
		`{"type": "presence", "event": "cursor", "user": { "id": "user-id-123" },
			"cursor": { "position": 42, "selection": { "start": 40, "end": 45 } } }`: {
			Kind: Cursor, From: john.ID, Body: []byte(`{"position":42,"selection":{"start":40,"end":45}}`)},
		`{"type": "presence", "event": "awareness", "user": { "id": "user-id-123" }, "awareness": "AAA=" }`: {
			Kind: Awareness, From: john.ID, Body: []byte{0, 0}},
		`{"type": "control", "event": "error", "error": {"code": "PERMISSION_DENIED",
			"message": "You don't have permission to edit this record" } }`: {
			Kind: Failure, Code: CodePermissionDenied,
			Text: "You don't have permission to edit this record"},
		`{"type": "control", "event": "notice", "notice": {"level": "info", "message": "Record was published in another tab" } }`: {
			Kind: Notice, Code: Info, Text: "Record was published in another tab"},
		`{"type": "pong", "timestamp": 1701705600000 }`: {Kind: Pong, Time: 1701705600000},
	} {
		var want bytes.Buffer
		if err := json.Compact(&want, []byte(spec)); err != nil {
			t.Fatal(err)
		}
		if got := (JSON{}).Append(nil, m); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s\nwant %s", got, &want)
		}
	}
	var state struct {
		Room struct {
			ID           string
			Participants []User
			YjsState     []byte
			Version      int
		}
	}
	frame := JSON{}.Append(nil, Message{Kind: RoomState, Version: 42, Body: []byte{0, 0},
		Room: &Room{ID: "record:abc123", Participants: []User{john, john}}})
	if err := json.Unmarshal(frame, &state); err != nil {
		t.Fatal(err)
	}
	if r := state.Room; r.ID != "record:abc123" || len(r.Participants) != 2 ||
		r.Participants[1] != john || r.Version != 42 || len(r.YjsState) != 2 {
		t.Errorf("%s is %+v", frame, r)
	}
}

// TestJSONStrings shows that encoding/json reads the strings that we write.
func TestJSONStrings(t *testing.T) {
	all := make([]byte, 0, 512)
	for c := range 256 {
		all = append(all, byte(c), '.')
	}
	for _, s := range []string{"", "plain", `"\`, "\x00\x1f\x7f\n\r\t\b\f", "é€😀\u2028\u2029", "\xff", "a\xf0\x9f\x98", string(all), "</script>"} {
		frame := JSON{}.Append(nil, Message{Kind: Failure, Code: s, Text: s})
		var got struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal(frame, &got); err != nil || !utf8.Valid(frame) {
			t.Errorf("%q: %v", frame, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); got.Error.Code != want ||
			got.Error.Message != want {
			t.Errorf("%q became %q", s, got.Error.Code)
		}
	}
}

func TestJSONAllocs(t *testing.T) {
	m := Message{Kind: Update, Body: bytes.Repeat([]byte{0xff}, 30), Version: 42,
		From: "user-id-123"}
	frame := JSON{}.Append(nil, m)
	frame = bytes.ReplaceAll(frame, []byte("/"), []byte(`\/`))
	var p Protocol = JSON{}
	payload, buf := make([]byte, len(frame)), make([]byte, 0, 256)
	n := testing.AllocsPerRun(100, func() {
		copy(payload, frame)
		if _, err := p.Next(payload, &m); err != nil || len(m.Body) != 30 {
			t.Fatal(err)
		}
		buf = p.Append(buf[:0], m)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzJSONProtocol compares the decoder with decodeByReflection: both accept the same frames, as
// the same messages.
func FuzzJSONProtocol(f *testing.F) {
	for _, tt := range clientMessages {
		f.Add([]byte(tt.json))
	}
	for _, tt := range serverMessages {
		f.Add(JSON{}.Append(nil, tt.m))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		want, isMessage := decodeByReflection(payload)
		var m Message
		_, err := JSON{}.Next(bytes.Clone(payload), &m)
		var at *lib0.SyntaxError
		switch {
		case errors.Is(err, lib0.ErrDepth):
		case (err == nil) != isMessage || !equal(m, want):
			t.Fatalf("%v, %+v, want %v and %+v", err, m, isMessage, want)
		case err != nil && (!errors.As(err, &at) || at.Offset > len(payload)):
			t.Fatal(err)
		case m.Kind == Update:
			checkRoundTrip(t, JSON{}, m)
		}
	})
}

// decodeByReflection decodes a client's frame with encoding/json, by way of maps and reflection.
// The zero Message stands for none.
func decodeByReflection(payload []byte) (m Message, ok bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(payload, &fields) != nil || fields == nil || !utf8.Valid(payload) {
		return m, false
	}
	kind, ok := reflectText(fields["type"])
	event, hasEvent := reflectText(fields["event"])
	if raw := fields["event"]; slices.Contains([]string{"sync", "presence", "control"}, kind) &&
		!hasEvent && raw != nil && string(raw) != "null" {
		return m, false
	}
	switch {
	case !ok:
		return m, false
	case kind == "ping":
		m.Kind = Ping
	case kind == "sync" && event == "request":
		m.Kind, m.Body = SyncRequest, []byte{0}
		if raw := fields["stateVector"]; raw != nil && string(raw) != "null" {
			m.Body, ok = reflectBase64(raw)
		}
	case kind == "sync" && (!hasEvent || fields["update"] != nil && string(fields["update"]) != "null"):
		m.Kind = Update
		m.Body, ok = reflectBase64(fields["update"])
		if raw := fields["version"]; ok && raw != nil && string(raw) != "null" {
			ok = json.Unmarshal(raw, &m.Version) == nil && m.Version <= lib0.MaxSafeInteger
		}
	case kind == "presence" && event == "cursor":
		m.Kind, m.Body, ok = Cursor, fields["cursor"], fields["cursor"] != nil
	case kind == "presence" && event == "awareness":
		m.Kind = Awareness
		m.Body, ok = reflectBase64(fields["awareness"])
	case kind == "presence" && event == "joined":
		m.Kind = Joined
	case kind == "presence" && event == "left":
		m.Kind = Left
	case kind == "control" && event == "auth":
		var token string
		m.Kind = Auth
		token, ok = reflectText(fields["token"])
		m.Body = []byte(token)
	case kind == "control" && slices.Contains([]string{"kick", "lock", "unlock", "notice"}, event):
		m, ok = reflectSteering(event, fields)
	case (kind == "presence" || kind == "control") && event == "":
		ok = false
	case kind == "presence" && len(event) <= 64:
		m.Kind, m.Text, m.Body = Signal, event, bytes.TrimLeft(payload, " \t\r\n")
	default:
		m.Kind = Unknown
	}
	if !ok {
		m = Message{}
	}
	return m, ok
}

// reflectSteering decodes a message by which an administrator steers the room.
func reflectSteering(event string, fields map[string]json.RawMessage) (m Message, ok bool) {
	ok = true
	member := func(field, name string) string {
		var members map[string]json.RawMessage
		_ = json.Unmarshal(fields[field], &members)
		text, _ := reflectText(members[name])
		ok = ok && text != ""
		return text
	}
	if raw := fields["reason"]; (event == "kick" || event == "lock") && raw != nil && string(raw) != "null" {
		m.Text, ok = reflectText(raw)
	}
	switch event {
	case "kick":
		m.Kind, m.User = Kick, &User{ID: member("user", "id")}
		if raw := fields["for"]; raw != nil && string(raw) != "null" {
			ok = ok && json.Unmarshal(raw, &m.Count) == nil && m.Count <= lib0.MaxSafeInteger
		}
	case "lock":
		m.Kind = Lock
	case "unlock":
		m.Kind = Unlock
	case "notice":
		m.Kind, m.Code, m.Text = Notice, member("notice", "level"), member("notice", "message")
		ok = ok && isLevel(m.Code)
	}
	return m, ok
}

func reflectText(raw json.RawMessage) (s string, ok bool) {
	ok = len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil
	return s, ok
}

func reflectBase64(raw json.RawMessage) ([]byte, bool) {
	s, ok := reflectText(raw)
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		b, err = base64.RawStdEncoding.DecodeString(s)
	}
	return b, ok && err == nil && !strings.ContainsAny(s, "\r\n") // which encoding/base64 ignores
}

// checkRoundTrip checks that an update is the same after it is written and read, but for the
// sender's name.
func checkRoundTrip(t *testing.T, p Protocol, m Message) {
	var got Message
	if _, err := p.Next(p.Append(nil, m), &got); err != nil || got.Kind != m.Kind ||
		!bytes.Equal(got.Body, m.Body) {
		t.Fatalf("%v, %+v became %+v", err, m, got)
	}
	if got.Version != m.Version && (p.Text() || got.Version != 0) {
		t.Fatalf("version %d became %d", m.Version, got.Version)
	}
}
