package protocol

// JSON is CivicPress' own protocol for clients that would rather not speak
// y-websocket: objects in text frames, one a frame. docs/protocol.md has them all.
//
// What clients send is found by its type and event, in any order of members; what is not
// known of an object is ignored, the last of two members of a name counts, and null
// counts as left out, but for a cursor. Bytes are base64, decoded where they stand.
type JSON struct{}

// Name implements Protocol.
func (JSON) Name() string { return "civicpress.v1.json" }

// Text implements Protocol.
func (JSON) Text() bool { return true }

// Native implements Protocol.
func (JSON) Native() bool { return true }

// Next implements Protocol. An object without a type, or without what its type or event needs, is ErrMessage.
func (JSON) Next(payload []byte, m *Message) (rest []byte, err error) {
	f := jsonFrame{b: payload}
	*m = Message{}
	if f.scan(); f.err == nil {
		f.message(m)
	}
	if f.err != nil {
		*m = Message{}
		return payload, f.err
	}
	return payload[len(payload):], nil
}

func (f *jsonFrame) message(m *Message) {
	m.Kind = Unknown
	switch string(f.name(jsonType)) {
	case "sync":
		f.sync(m)
	case "presence":
		f.presence(m)
	case "control":
		f.control(m)
	case "ping":
		m.Kind = Ping
	}
}

// event is empty when there is none.
func (f *jsonFrame) event() []byte {
	if !f.given(jsonEvent) {
		return nil
	}
	return f.name(jsonEvent)
}

// lacking fails for a field without which the message says nothing.
func (f *jsonFrame) lacking(field jsonField) {
	at := f.start
	if v := f.values[field]; v.End > 0 {
		at = v.Start
	}
	f.fail(at, ErrMessage)
}

// sync takes an update for what it is, whatever event it is sent with.
func (f *jsonFrame) sync(m *Message) {
	event := f.event()
	switch {
	case string(event) == "request":
		m.Kind, m.Body = SyncRequest, f.vector()
	case event == nil || f.given(jsonUpdate):
		m.Kind, m.Body, m.Version = Update, f.base64(jsonUpdate), f.uint(jsonVersion)
	}
}

// vector is that of an empty document when none is given.
func (f *jsonFrame) vector() []byte {
	if f.given(jsonStateVector) {
		return f.base64(jsonStateVector)
	}
	return emptyVector(f.b)
}

// emptyVector puts the state vector of an empty document where payload begins, which has been read.
func emptyVector(payload []byte) []byte {
	payload[0] = 0
	return payload[:1:1]
}

func (f *jsonFrame) presence(m *Message) {
	switch event := f.event(); string(event) {
	case "":
		f.lacking(jsonEvent)
	case "cursor":
		m.Kind, m.Body = Cursor, f.raw(jsonCursor)
	case "awareness":
		m.Kind, m.Body = Awareness, f.base64(jsonAwareness)
	case "joined":
		m.Kind = Joined
	case "left":
		m.Kind = Left
	default:
		m.signal(event, f.b[f.start:])
	}
}

func (f *jsonFrame) control(m *Message) {
	switch string(f.event()) {
	case "":
		f.lacking(jsonEvent)
	case "auth":
		m.Kind, m.Body = Auth, f.text(jsonToken)
	}
}
