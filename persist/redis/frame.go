package redis

import (
	"encoding/binary"
	"hash/crc32"
	"strconv"

	"github.com/redis/rueidis"
)

// What is stored of a blob is a frame: its form, a checksum of the room's name and the data, and
// the data.
const (
	frameForm = 1
	frameSize = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is that of a blob of a room, so that one that lies with another room is noticed.
func checksum(room string, data []byte) uint32 {
	return crc32.Update(crc32.Checksum(text(room), castagnoli), castagnoli, data)
}

// frame appends the frame of a blob to b.
func frame(b []byte, room string, data []byte) []byte {
	b = append(b, frameForm)
	b = binary.LittleEndian.AppendUint32(b, checksum(room, data))
	return append(b, data...)
}

// framed returns the frame of a blob as an argument.
func framed(room string, data []byte) string {
	return rueidis.BinaryString(frame(make([]byte, 0, frameSize+len(data)), room, data))
}

// unframe returns the data of a frame, and "" or why it is damaged. The data is the caller's.
func unframe(room, stored string) (data []byte, damage string) {
	switch {
	case len(stored) < frameSize:
		return nil, "it is cut off"
	case stored[0] != frameForm:
		return nil, "it has the unknown form " + strconv.Itoa(int(stored[0]))
	}
	data = []byte(stored[frameSize:])
	if binary.LittleEndian.Uint32([]byte(stored[1:frameSize])) != checksum(room, data) {
		return nil, "its checksum is wrong"
	}
	return data, ""
}

// text returns the bytes of a string.
func text(s string) []byte { return []byte(s) }
