package codec

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	jsonLongestID   = 255 * len(`\u0000`) // of a user or a room, when every byte needs an escape
	jsonLongestUint = 20
	jsonAroundBytes = len(`{"type":"sync","update":"","version":,"from":""}`) + jsonLongestUint + jsonLongestID
)

// MaxUpdate implements Protocol, for a From of up to 255 bytes, of whatever kind.
func (JSON) MaxUpdate() int { return (maxFragment - jsonAroundBytes) / 4 * 3 }

// Append implements Protocol. There is a form for what servers send, and for
// Update it is the client's as well.
func (JSON) Append(dst []byte, m Message) []byte {
	switch m.Kind {
	case Update, SyncReply:
		return appendJSONSync(dst, m)
	case Awareness, Cursor, Joined, Left, Signal:
		return appendJSONPresence(dst, m)
	case RoomState, Ack, Failure, Notice, Revoked, Auth:
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
		dst = appendJSONString(append(dst, `,"from":`...), m.From)
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
		dst = appendJSONString(append(dst, `{"type":"presence","event":`...), m.Text)
		return append(appendSignalMembers(appendJSONFrom(dst, m.From), m.Body), '}')
	}
	dst = append(dst, `{"type":"presence","event":"awareness"`...)
	dst = append(appendJSONFrom(dst, m.From), `,"awareness":`...)
	return append(appendJSONBytes(dst, m.Body), '}')
}

// appendJSONCursor appends an empty object for no cursor: the specification's clients read members of whatever comes.
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
	case Ack:
		dst = appendJSONUint(append(dst, `{"type":"control","event":"ack","version":`...), m.Version)
		return append(appendJSONUint(append(dst, `,"count":`...), m.Count), '}')
	case Failure:
		dst = appendJSONString(append(dst, `{"type":"control","event":"error","error":{"code":`...), m.Code)
		return append(appendJSONString(append(dst, `,"message":`...), m.Text), `}}`...)
	case Notice:
		dst = appendJSONString(append(dst, `{"type":"control","event":"notice","notice":{"level":`...), m.Code)
		return append(appendJSONString(append(dst, `,"message":`...), m.Text), `}}`...)
	case Revoked:
		dst = append(dst, `{"type":"control","event":"session.revoked","reason":`...)
		return append(appendJSONString(dst, m.Text), '}')
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
	dst = append(appendJSONString(dst, m.Room.ID), `,"participants":[`...)
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
	return append(dst, `}}`...)
}

func appendJSONUser(dst []byte, u User) []byte {
	dst = appendJSONString(append(dst, `{"id":`...), u.ID)
	dst = appendJSONString(append(dst, `,"name":`...), u.Name)
	return append(appendJSONString(append(dst, `,"color":`...), u.Color), '}')
}

func appendJSONFrom(dst []byte, id string) []byte {
	return append(appendJSONString(append(dst, `,"user":{"id":`...), id), '}')
}

func appendJSONUint(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }
func appendJSONInt(dst []byte, n int64) []byte   { return strconv.AppendInt(dst, n, 10) }

func appendJSONBytes(dst, b []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), b), '"')
}

// appendJSONString quotes s. What is no UTF-8 in it becomes U+FFFD.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	s = validText(s)
	for start := 0; ; {
		n := plainLen(s[start:])
		dst = append(dst, s[start:start+n]...)
		if start += n; start == len(s) {
			return append(dst, '"')
		}
		dst = appendJSONEscape(dst, s[start])
		start++
	}
}

func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// plainLen is how much of s stands for itself in JSON.
func plainLen(s string) int {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == '"' || s[i] == '\\' {
			return i
		}
	}
	return len(s)
}

func appendJSONEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
}
