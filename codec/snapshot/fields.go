package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// Fields are optional data of a stored snapshot or row, beside its state or update. The zero value
// of each is none.
//
// Their form is a list, in which tags ascend:
//
//	length of the list in bytes, unsigned LEB128, then per field:
//	tag, unsigned LEB128; length in bytes, unsigned LEB128; that many bytes
//
//	tag  field
//	1    note, 1 byte to 6 MiB
//	2    incarnation, 8 bytes, big-endian, not 0
//	5    deletion: milliseconds since 1970, 8 bytes, big-endian, not 0; id of the user, up to 255
//	6    authors, 1 byte to 1 MiB
//	8    claims, written with up to 1 KiB
//	10   former clients, 1 byte to 16 KiB
//
// A reader skips unknown fields with even tags, and refuses unknown ones with odd tags, without
// which the rest cannot be understood. Tag 4 is not used: the first releases refuse more than 1,024
// bytes of it.
type Fields struct {
	Note []byte // data of the owner; ParseFields borrows it

	// Incarnation is the id of the document, made when its room was begun (NewIncarnation). States
	// of different incarnations have nothing in common and must not be merged. 0: the room was
	// begun before there were any.
	Incarnation uint64

	// Authors says which users wrote, and deleted, which units: all of a snapshot, or those of a
	// row as far as the rows before do not say it (package authors of the engine). ParseFields
	// borrows it.
	Authors []byte

	// Claims are the texts that were about to be saved as drafts (package recordsync of the
	// engine). ParseFields borrows them.
	Claims []byte

	// Deleted says that the document was deleted, and must not be begun again. Programs that do not
	// know it refuse to read it.
	Deleted Deletion

	// Former has the client ids of documents that the room had before, and that were deleted: what
	// clients still have of these is not merged into another document. The form is its owner's.
	// ParseFields borrows it.
	Former []byte
}

// Deletion is when a document was deleted, and by whom. The zero value: it was not.
type Deletion struct {
	At int64  // milliseconds since 1970
	By string // id of the user; up to MaxDeletedBy bytes, may be empty
}

// MaxDeletedBy is the length of the longest Deletion.By, in bytes.
const MaxDeletedBy = 255

const (
	tagNote        = 1
	tagIncarnation = 2
	tagDeleted     = 5
	tagAuthors     = 6
	tagClaims      = 8
	tagFormer      = 10

	deletedAtLen   = 8
	incarnationLen = 8

	// maxFields is the length of the longest list that is read.
	maxFields = MaxNote + 64<<10
	// fieldsRoom is the largest length of a list beside its note, authors and former
	// clients, in bytes.
	fieldsRoom = 4 + 6*(1+4) + incarnationLen + deletedAtLen + MaxDeletedBy + MaxClaims
)

// MaxAuthors and MaxFormer are the lengths of the longest authors and former clients, in bytes.
const (
	MaxAuthors = 1 << 20
	MaxFormer  = 16 << 10
)

// MaxClaims is the length of the longest claims that are written, in bytes. Longer ones are read.
const MaxClaims = 1 << 10

// ErrField is the error of a list of fields. It is wrapped with the reason.
var ErrField = errors.New("unknown or misplaced field")

// Empty reports whether no field is set.
func (f *Fields) Empty() bool {
	return len(f.Note)+len(f.Authors)+len(f.Claims)+len(f.Former) == 0 && f.Incarnation == 0 &&
		f.Deleted.At == 0
}

// check returns an ErrNote or ErrField if a field is too long to be stored.
func (f *Fields) check() error {
	switch {
	case len(f.Note) > MaxNote:
		return fmt.Errorf("%w: %d bytes", ErrNote, len(f.Note))
	case len(f.Authors) > MaxAuthors:
		return fmt.Errorf("%w: authors of %d bytes", ErrField, len(f.Authors))
	case len(f.Claims) > MaxClaims:
		return fmt.Errorf("%w: claims of %d bytes", ErrField, len(f.Claims))
	case len(f.Deleted.By) > MaxDeletedBy:
		return fmt.Errorf("%w: deleted by %d bytes", ErrField, len(f.Deleted.By))
	case len(f.Former) > MaxFormer:
		return fmt.Errorf("%w: former clients of %d bytes", ErrField, len(f.Former))
	case f.size() > maxFields:
		return fmt.Errorf("%w: %d bytes of fields", ErrField, f.size())
	}
	return nil
}

// Append appends the list. The note is at most MaxNote, the authors MaxAuthors, the claims
// MaxClaims and the former clients MaxFormer long.
func (f *Fields) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(f.size()))
	if len(f.Note) > 0 {
		dst = append(appendHead(dst, tagNote, len(f.Note)), f.Note...)
	}
	if f.Incarnation != 0 {
		dst = appendHead(dst, tagIncarnation, incarnationLen)
		dst = binary.BigEndian.AppendUint64(dst, f.Incarnation)
	}
	if d := f.Deleted; d.At != 0 {
		dst = appendHead(dst, tagDeleted, deletedAtLen+len(d.By))
		dst = append(binary.BigEndian.AppendUint64(dst, uint64(d.At)), d.By...)
	}
	if len(f.Authors) > 0 {
		dst = append(appendHead(dst, tagAuthors, len(f.Authors)), f.Authors...)
	}
	if len(f.Claims) > 0 {
		dst = append(appendHead(dst, tagClaims, len(f.Claims)), f.Claims...)
	}
	if len(f.Former) > 0 {
		dst = append(appendHead(dst, tagFormer, len(f.Former)), f.Former...)
	}
	return dst
}

func appendHead(dst []byte, tag byte, length int) []byte {
	return binary.AppendUvarint(append(dst, tag), uint64(length))
}

// size returns the length of the list without its own length, in bytes.
func (f *Fields) size() (n int) {
	for _, length := range [...]int{len(f.Note), len(f.Authors), len(f.Claims), len(f.Former)} {
		if length > 0 {
			n += 1 + uvarintLen(length) + length
		}
	}
	if f.Incarnation != 0 {
		n += 1 + 1 + incarnationLen
	}
	if f.Deleted.At != 0 {
		length := deletedAtLen + len(f.Deleted.By)
		n += 1 + uvarintLen(length) + length
	}
	return n
}

func uvarintLen(n int) int { return max(1, (bits.Len(uint(n))+6)/7) }

// ParseFields reads a list at the beginning of b, and returns its length in bytes.
func ParseFields(b []byte) (f Fields, n int, err error) {
	list, n, err := parseBytes(b)
	if err != nil {
		return f, 0, err
	}
	if len(list) > maxFields {
		return f, 0, fmt.Errorf("%w: %d bytes of fields", ErrField, len(list))
	}
	var last uint64
	for len(list) > 0 {
		tag, used := binary.Uvarint(list)
		if used <= 0 {
			return f, 0, fmt.Errorf("%w: no tag", ErrTruncated)
		}
		value, length, err := parseBytes(list[used:])
		if err == nil && tag <= last {
			err = fmt.Errorf("%w: tag %d after %d", ErrField, tag, last)
		}
		if err == nil {
			err = f.set(tag, value)
		}
		if err != nil {
			return f, 0, err
		}
		last, list = tag, list[used+length:]
	}
	return f, n, nil
}

func (f *Fields) set(tag uint64, value []byte) error {
	switch {
	case tag == tagNote && (len(value) == 0 || len(value) > MaxNote):
		return fmt.Errorf("%w: %d bytes", ErrNote, len(value))
	case tag == tagNote:
		f.Note = value
	case tag == tagIncarnation && isIncarnation(value):
		f.Incarnation = binary.BigEndian.Uint64(value)
	case tag == tagAuthors && len(value) > 0 && len(value) <= MaxAuthors:
		f.Authors = value
	case tag == tagClaims:
		f.Claims = value
	case tag == tagDeleted && isDeletion(value):
		f.Deleted.At = int64(binary.BigEndian.Uint64(value))
		f.Deleted.By = string(value[deletedAtLen:])
	case tag == tagFormer && len(value) > 0 && len(value) <= MaxFormer:
		f.Former = value
	case tag <= tagIncarnation || tag == tagAuthors || tag == tagFormer || tag%2 == 1:
		return fmt.Errorf("%w: %d bytes with tag %d", ErrField, len(value), tag)
	}
	return nil
}

func isIncarnation(value []byte) bool {
	return len(value) == incarnationLen && binary.BigEndian.Uint64(value) != 0
}

func isDeletion(value []byte) bool {
	return len(value) >= deletedAtLen && len(value) <= deletedAtLen+MaxDeletedBy &&
		binary.BigEndian.Uint64(value) != 0
}

// parseBytes reads a length and that many bytes, which it borrows, and returns the length of both.
func parseBytes(b []byte) (value []byte, n int, err error) {
	length, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, 0, fmt.Errorf("%w: no length", ErrTruncated)
	}
	if length > uint64(len(b)-n) {
		return nil, 0, fmt.Errorf("%w: %d bytes of %d", ErrTruncated, len(b)-n, length)
	}
	end := n + int(length)
	return b[n:end:end], end, nil
}
