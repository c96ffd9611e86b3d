package build

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// ArchiveName returns the name of the archive for a target, without its ending.
func ArchiveName(s Source, t Target) string {
	return fmt.Sprintf("%s_%s_%s_%s", Program, s.Version, t.OS, t.Arch)
}

// Archive packs a binary and the files that come with it into an archive in dir, and returns the
// archive's name. All files have the time of the sources and belong to root; their order and modes
// do not depend on this machine.
func Archive(
	s Source, t Target, binary string, licenses []byte, dir string,
) (name string, err error) {
	all, err := contents(s, licenses)
	if err != nil {
		return "", err
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	all = append([]file{{Program, program, 0o755}}, all...)
	name = ArchiveName(s, t) + ".tar.gz"
	packed, err := pack(s, ArchiveName(s, t), all)
	if err != nil {
		return "", err
	}
	return name, os.WriteFile(filepath.Join(dir, name), packed, 0o644)
}

// pack returns the compressed archive of files in a folder.
func pack(s Source, folder string, all []file) ([]byte, error) {
	var packed bytes.Buffer
	compressed, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(compressed)
	made := make(map[string]bool)
	for _, f := range all {
		f.path = path.Join(folder, f.path)
		if err := addFolders(w, s, path.Dir(f.path), made); err != nil {
			return nil, err
		}
		if err := addFile(w, s, f); err != nil {
			return nil, err
		}
	}
	err = errors.Join(w.Close(), compressed.Close()) // which write the rest
	return packed.Bytes(), err
}

// addFolders adds a folder and those above it that are not made yet.
func addFolders(w *tar.Writer, s Source, folder string, made map[string]bool) error {
	if folder == "." || made[folder] {
		return nil
	}
	if err := addFolders(w, s, path.Dir(folder), made); err != nil {
		return err
	}
	made[folder] = true
	return w.WriteHeader(header(s, tar.TypeDir, folder+"/", 0o755, 0))
}

func addFile(w *tar.Writer, s Source, f file) error {
	err := w.WriteHeader(header(s, tar.TypeReg, f.path, f.mode, int64(len(f.text))))
	if err != nil {
		return err
	}
	_, err = w.Write(f.text)
	return err
}

func header(s Source, kind byte, name string, mode, size int64) *tar.Header {
	return &tar.Header{
		Typeflag: kind, Name: name, Mode: mode, Size: size, ModTime: s.Time,
		Uname: "root", Gname: "root", Format: tar.FormatUSTAR,
	}
}
