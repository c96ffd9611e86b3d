package engine

import (
	"encoding/binary"
	"fmt"

	"github.com/civicpress/civic-realtime/codec"
)

// A journal row is one flushed update and where it leads:
//
//	format:byte = 1  version:varUint  update
//	format:byte = 2  version:varUint  length:varUint  note  update
//
// version is the room's after the update. It is a sum and not a difference, so
// that a row that was stored twice, or is in the snapshot too, counts once. The
// note is the base from the update on, which may hold nothing. They are in one
// row so that no document is ever found without the base that was set with it.
const (
	rowFormat     = 1
	rowFormatNote = 2
)

func appendRowHeader(dst []byte, version uint64) []byte {
	return binary.AppendUvarint(append(dst, rowFormat), version)
}

func appendNoteHeader(dst []byte, version uint64, note []byte) []byte {
	return codec.AppendBytes(binary.AppendUvarint(append(dst, rowFormatNote), version), note)
}

// parseRow borrows. Its error is an ErrRow, or a *codec.SyntaxError about the update.
func parseRow(row []byte) (version uint64, u codec.CheckedUpdate, err error) {
	version, _, update, err := splitRow(row)
	if err != nil {
		return 0, u, err
	}
	if u, err = codec.CheckUpdate(update); err != nil {
		return 0, u, fmt.Errorf("journal row: %w", err)
	}
	return version, u, nil
}

// splitRow returns a nil note where there is none.
func splitRow(row []byte) (version uint64, note, update []byte, err error) {
	if len(row) == 0 || row[0] != rowFormat && row[0] != rowFormatNote {
		return 0, nil, nil, ErrRow
	}
	version, n := binary.Uvarint(row[1:])
	if n <= 0 {
		return 0, nil, nil, ErrRow
	}
	update = row[1+n:]
	if row[0] == rowFormat {
		return version, nil, update, nil
	}
	length, n := binary.Uvarint(update)
	if n <= 0 || length == 0 || length > uint64(len(update)-n) {
		return 0, nil, nil, ErrRow
	}
	end := n + int(length)
	return version, update[n:end:end], update[end:], nil
}
