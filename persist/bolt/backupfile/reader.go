package backupfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Read reads a file of size bytes, and calls the functions of v with its records. The file matches
// its checksum if Read returns nil; records are passed on before that is known.
func Read(file io.ReaderAt, size int64, v Visitor) (Header, Totals, error) {
	h, begin, err := readHeader(file, size)
	if err != nil {
		return h, Totals{}, err
	}
	end := size - int64(sumLine)
	last := make([]byte, max(0, min(int64(sumLine), size-begin)))
	if _, err := file.ReadAt(last, size-int64(len(last))); err != nil && err != io.EOF {
		return h, Totals{}, err
	}
	if len(last) < sumLine || !bytes.HasPrefix(last, []byte(sumPrefix)) {
		return h, Totals{}, ErrTruncated
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, begin)); err != nil {
		return h, Totals{}, err
	}
	body := io.TeeReader(io.NewSectionReader(file, begin, end-begin), sum)
	totals, readErr := readRecords(body, v)
	if _, err := io.Copy(io.Discard, body); err != nil {
		return h, totals, err
	}
	if lastLine(sum.Sum(nil)) != string(last) {
		return h, totals, errors.Join(ErrChanged, visitorsError(readErr))
	}
	return h, totals, readErr
}

// readHeader reads the first two lines, and returns where they end.
func readHeader(file io.ReaderAt, size int64) (h Header, end int64, err error) {
	b := make([]byte, min(maxHeader, size))
	if _, err := file.ReadAt(b, 0); err != nil && err != io.EOF {
		return h, 0, err
	}
	first, rest, found := strings.Cut(string(b), "\n")
	number, isOurs := strings.CutPrefix(first, magic)
	switch version, err := strconv.Atoi(number); {
	case !isOurs && strings.HasPrefix(magic, first):
		return h, 0, ErrTruncated
	case !isOurs:
		return h, 0, ErrNoBackup
	case !found:
		return h, 0, ErrTruncated
	case err != nil || version < 1:
		return h, 0, ErrNoBackup
	case version > Version:
		return h, 0, fmt.Errorf("%w: its format is %d, and this one reads up to %d",
			ErrVersion, version, Version)
	}
	second, _, found := strings.Cut(rest, "\n")
	if !found && size < maxHeader {
		return h, 0, ErrTruncated
	}
	if !found || json.Unmarshal([]byte(second), &h) != nil {
		return h, 0, fmt.Errorf("%w: its second line is damaged", ErrChanged)
	}
	return h, int64(len(first) + len(second) + 2), nil
}

func readRecords(body io.Reader, v Visitor) (Totals, error) {
	z, err := zstd.NewReader(body,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return Totals{}, fmt.Errorf("%w: %w", ErrContent, err)
	}
	defer z.Close()
	r := &records{in: bufio.NewReaderSize(z, 64<<10), to: v}
	err = r.all()
	if err != nil && visitorsError(err) == nil && !errors.Is(err, ErrContent) {
		err = fmt.Errorf("%w: %w", ErrContent, err) // zstd's
	}
	return r.totals, err
}
