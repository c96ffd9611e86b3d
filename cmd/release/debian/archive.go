package debian

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// entry is a file of an archive. Its owner is root.
type entry struct {
	name    string // without a slash at its beginning
	mode    int64
	content []byte
}

// appendTar appends the entries and all folders above them to b, sorted by name, and compressed.
// gzip is read by dpkg of any age, and Go writes the same bytes on all systems.
func appendTar(b *bytes.Buffer, entries []entry, at time.Time) error {
	z, err := gzip.NewWriterLevel(b, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(z)
	for _, e := range withFolders(entries) {
		h := tar.Header{Name: "./" + e.name, Mode: e.mode, ModTime: at, Format: tar.FormatGNU,
			Uname: "root", Gname: "root", Typeflag: tar.TypeReg, Size: int64(len(e.content))}
		if strings.HasSuffix(h.Name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(&h); err != nil {
			return err
		}
		if _, err := w.Write(e.content); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return z.Close()
}

// withFolders returns the entries and their folders, each folder before its content.
func withFolders(entries []entry) []entry {
	all, has := slices.Clone(entries), map[string]bool{}
	for _, e := range entries {
		for folder := path.Dir(e.name); !has[folder]; folder = path.Dir(folder) {
			has[folder] = true
			name := folder + "/"
			if folder == "." {
				name = ""
			}
			all = append(all, entry{name: name, mode: 0o755})
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return all
}

// writeAr writes an archive of ar, the outer form of a package (deb(5)).
func writeAr(w io.Writer, members []entry, at time.Time) error {
	if _, err := io.WriteString(w, "!<arch>\n"); err != nil {
		return err
	}
	for _, m := range members {
		_, err := fmt.Fprintf(w, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.name, at.Unix(), 0, 0, "100644", len(m.content))
		if err != nil {
			return err
		}
		content := m.content
		if len(content)%2 == 1 {
			content = append(slices.Clip(content), '\n')
		}
		if _, err := w.Write(content); err != nil {
			return err
		}
	}
	return nil
}

// compressed returns a text as gzip -9n writes it.
func compressed(text []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid one
	_, _ = z.Write(text)                                  // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}
