package protocol

import (
	"encoding/base64"
	"strconv"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

const (
	// jsonLongestID is the length of the id of a user or a room of which every byte needs an
	// escape.
	jsonLongestID   = 255 * len(`\u0000`)
	jsonLongestUint = 20
	jsonAroundBytes = len(`{"type":"sync","update":"","version":,"from":""}`) +
		jsonLongestUint + jsonLongestID
)

// MaxUpdate implements Protocol, for a From of up to 255 bytes of any kind.
func (JSON) MaxUpdate() int { return (websocket.MaxFragment - jsonAroundBytes) / 4 * 3 }

// Append implements Protocol. It has forms for the messages of servers; that of an Update is the
// clients' as well.
func (JSON) Append(dst []byte, m Message) []byte {
	switch m.Kind {
	case Update, SyncReply:
		return appendJSONSync(dst, m)
	case Awareness, Cursor, Joined, Left, Signal:
		return appendJSONPresence(dst, m)
	case RoomState, Access, Ack, Failure, Notice, Revoked, Auth:
		return appendJSONControl(dst, m)
	case Pong:
		return append(appendJSONInt(append(dst, `{"type":"pong","timestamp":`...), m.Time), '}')
	}
	return dst
}

func appendJSONSync(dst []byte, m Message) []byte {
	dst = append(dst, `{"type":"sync",`...)
	if m.Kind == SyncReply {
		dst = append(dst, `"event":"reply",`...)
	}
	dst = appendJSONBytes(append(dst, `"update":`...), m.Body)
	dst = appendJSONUint(append(dst, `,"version":`...), m.Version)
	if m.Kind == Update && m.From != "" {
		dst = jsontext.AppendQuoted(append(dst, `,"from":`...), m.From)
	}
	return append(dst, '}')
}

func appendJSONPresence(dst []byte, m Message) []byte {
	switch m.Kind {
	case Joined:
		if m.User == nil {
			return dst
		}
		dst = append(dst, `{"type":"presence","event":"joined","user":`...)
		return append(appendJSONUser(dst, *m.User), '}')
	case Left:
		dst = append(dst, `{"type":"presence","event":"left"`...)
		return append(appendJSONFrom(dst, m.From), '}')
	case Cursor:
		dst = append(dst, `{"type":"presence","event":"cursor"`...)
		dst = append(appendJSONFrom(dst, m.From), `,"cursor":`...)
		return append(appendJSONCursor(dst, m.Body), '}')
	case Signal:
		dst = jsontext.AppendQuoted(append(dst, `{"type":"presence","event":`...), m.Text)
		return append(appendSignalMembers(appendJSONFrom(dst, m.From), m.Body), '}')
	}
	dst = append(dst, `{"type":"presence","event":"awareness"`...)
	dst = append(appendJSONFrom(dst, m.From), `,"awareness":`...)
	return append(appendJSONBytes(dst, m.Body), '}')
}

// appendJSONCursor appends a cursor, an empty object for none: the clients of the specification
// read members of any cursor.
func appendJSONCursor(dst, cursor []byte) []byte {
	if len(cursor) == 0 || string(cursor) == "null" {
		return append(dst, "{}"...)
	}
	return append(dst, cursor...)
}

func appendJSONControl(dst []byte, m Message) []byte {
	switch m.Kind {
	case RoomState:
		return appendJSONRoomState(dst, m)
	case Access:
		return appendJSONAccess(dst, m)
	case Ack:
		dst = appendJSONUint(append(dst, `{"type":"control","event":"ack","version":`...), m.Version)
		return append(appendJSONUint(append(dst, `,"count":`...), m.Count), '}')
	case Failure:
		dst = append(dst, `{"type":"control","event":"error","error":{"code":`...)
		dst = jsontext.AppendQuoted(dst, m.Code)
		return append(jsontext.AppendQuoted(append(dst, `,"message":`...), m.Text), `}}`...)
	case Notice:
		dst = append(dst, `{"type":"control","event":"notice","notice":{"level":`...)
		dst = jsontext.AppendQuoted(dst, m.Code)
		return append(jsontext.AppendQuoted(append(dst, `,"message":`...), m.Text), `}}`...)
	case Revoked:
		dst = append(dst, `{"type":"control","event":"session.revoked","reason":`...)
		return append(jsontext.AppendQuoted(dst, m.Text), '}')
	}
	dst = append(dst, `{"type":"control","event":"auth"`...)
	if m.Time != 0 {
		dst = appendJSONInt(append(dst, `,"expires":`...), m.Time)
	}
	return append(dst, '}')
}

func appendJSONRoomState(dst []byte, m Message) []byte {
	if m.Room == nil {
		return dst
	}
	dst = append(dst, `{"type":"control","event":"room_state","room":{"id":`...)
	dst = append(jsontext.AppendQuoted(dst, m.Room.ID), `,"participants":[`...)
	for i, u := range m.Room.Participants {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONUser(dst, u)
	}
	dst = appendJSONBytes(append(dst, `],"yjsState":`...), m.Body)
	dst = appendJSONUint(append(dst, `,"version":`...), m.Version)
	dst = strconv.AppendBool(append(dst, `,"readOnly":`...), m.Room.ReadOnly)
	if len(m.Room.StateVector) > 0 {
		dst = appendJSONBytes(append(dst, `,"stateVector":`...), m.Room.StateVector)
	}
	if m.Room.More > 0 {
		dst = appendJSONInt(append(dst, `,"more":`...), int64(m.Room.More))
	}
	dst = appendJSONUint(append(dst, `,"settled":`...), m.Room.Settled)
	return append(dst, `}}`...)
}

func appendJSONAccess(dst []byte, m Message) []byte {
	if m.Room == nil {
		return dst
	}
	dst = append(dst, `{"type":"control","event":"access","readOnly":`...)
	return append(strconv.AppendBool(dst, m.Room.ReadOnly), '}')
}

func appendJSONUser(dst []byte, u User) []byte {
	dst = jsontext.AppendQuoted(append(dst, `{"id":`...), u.ID)
	dst = jsontext.AppendQuoted(append(dst, `,"name":`...), u.Name)
	return append(jsontext.AppendQuoted(append(dst, `,"color":`...), u.Color), '}')
}

func appendJSONFrom(dst []byte, id string) []byte {
	return append(jsontext.AppendQuoted(append(dst, `,"user":{"id":`...), id), '}')
}

func appendJSONUint(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }
func appendJSONInt(dst []byte, n int64) []byte   { return strconv.AppendInt(dst, n, 10) }

func appendJSONBytes(dst, b []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), b), '"')
}
