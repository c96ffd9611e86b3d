package protocol

// JSON is CivicPress' protocol for clients that do not use y-websocket: objects in text frames, one
// per frame. docs/protocol.md lists them.
//
// Messages of clients are identified by type and event. Members may come in any order. Unknown
// members are ignored, the last of two with one name counts, and null counts as missing, except for
// a cursor. Bytes are base64, decoded in place.
type JSON struct{}

// Name implements Protocol.
func (JSON) Name() string { return "civicpress.v1.json" }

// Text implements Protocol.
func (JSON) Text() bool { return true }

// Native implements Protocol.
func (JSON) Native() bool { return true }

// Receipts implements Protocol.
func (JSON) Receipts() Receipts { return Summed }

// Next implements Protocol. An object without a type, or without a member that its type or event
// needs, is ErrMessage.
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

// message decodes the message into m.
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

// event returns the event of the message, nothing if it has none.
func (f *jsonFrame) event() []byte {
	if !f.has(jsonEvent) {
		return nil
	}
	return f.name(jsonEvent)
}

// missing sets the error for a field that is missing or null.
func (f *jsonFrame) missing(field jsonField) {
	at := f.start
	if v := f.values[field]; v.End > 0 {
		at = v.Start
	}
	f.fail(at, ErrMessage)
}

// sync decodes a message of type sync. An update is an Update with any event.
func (f *jsonFrame) sync(m *Message) {
	event := f.event()
	switch {
	case string(event) == "request":
		m.Kind, m.Body = SyncRequest, f.vector()
	case event == nil || f.has(jsonUpdate):
		m.Kind, m.Body, m.Version = Update, f.base64(jsonUpdate), f.uint(jsonVersion)
	}
}

// vector returns the state vector of the message, that of an empty document if it has none.
func (f *jsonFrame) vector() []byte {
	if f.has(jsonStateVector) {
		return f.base64(jsonStateVector)
	}
	return emptyVector(f.b)
}

// emptyVector returns the state vector of an empty document. It overwrites the start of payload,
// which must have been read.
func emptyVector(payload []byte) []byte {
	payload[0] = 0
	return payload[:1:1]
}

// presence decodes a message of type presence.
func (f *jsonFrame) presence(m *Message) {
	switch event := f.event(); string(event) {
	case "":
		f.missing(jsonEvent)
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

// control decodes a message of type control.
func (f *jsonFrame) control(m *Message) {
	switch string(f.event()) {
	case "":
		f.missing(jsonEvent)
	case "auth":
		m.Kind, m.Body = Auth, f.text(jsonToken)
	case "kick":
		m.Kind, m.User = Kick, &User{ID: f.member(jsonUser, "id")}
		m.Text, m.Count = f.optionalText(jsonReason), f.uint(jsonFor)
	case "lock":
		m.Kind, m.Text = Lock, f.optionalText(jsonReason)
	case "unlock":
		m.Kind = Unlock
	case "notice":
		m.Kind, m.Code = Notice, f.member(jsonNotice, "level")
		m.Text = f.member(jsonNotice, "message")
		if !isLevel(m.Code) {
			f.missing(jsonNotice)
		}
	}
}
