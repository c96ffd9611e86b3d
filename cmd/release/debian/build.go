package debian

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Build writes the package into a folder, which must exist, and returns the path of the file. The
// same package gives the same bytes on every machine.
func Build(p Package, dir string) (string, error) {
	if p.Version == "" {
		p.Version = DefaultVersion(p.Source.Version)
	}
	arch, ok := Architecture(p.Target)
	if !ok {
		return "", fmt.Errorf("there is no Debian package for %s", p.Target)
	}
	if !validVersion.MatchString(p.Version) {
		return "", fmt.Errorf("%q is no version of a package; they look like 1.2.3-1", p.Version)
	}
	files, err := contents(p)
	if err != nil {
		return "", err
	}
	var data, control bytes.Buffer
	if err := appendTar(&data, files, p.Source.Time); err != nil {
		return "", err
	}
	scripts, err := controlFiles(p, arch, files)
	if err == nil {
		err = appendTar(&control, scripts, p.Source.Time)
	}
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, fmt.Sprintf("%s_%s_%s.deb", Name, p.Version, arch))
	return name, writePackage(name, p, control.Bytes(), data.Bytes())
}

// writePackage writes the file of a package, and leaves none if it cannot.
func writePackage(name string, p Package, control, data []byte) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	err = errors.Join(writeAr(f, []entry{
		{name: "debian-binary", content: []byte("2.0\n")},
		{name: "control.tar.gz", content: control},
		{name: "data.tar.gz", content: data},
	}, p.Source.Time), f.Close())
	if err != nil {
		_ = os.Remove(name) // half a package must not stay
	}
	return err
}

// controlFiles returns the files that dpkg itself reads.
func controlFiles(p Package, arch string, files []entry) ([]entry, error) {
	var sums strings.Builder
	kib := 0 // as dpkg-gencontrol counts: each file and folder takes a whole number of them
	for _, f := range withFolders(files) {
		kib += max(1, (len(f.content)+1023)/1024)
	}
	for _, f := range files {
		fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.content), f.name)
	}
	control, err := packaging("control")
	if err != nil {
		return nil, err
	}
	fields := strings.NewReplacer("@VERSION@", p.Version, "@ARCHITECTURE@", arch, "@SIZE@", fmt.Sprint(kib))
	all := []entry{
		{"control", 0o644, []byte(fields.Replace(string(control)))},
		{"md5sums", 0o644, []byte(sums.String())},
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		text, err := packaging(script)
		if err != nil {
			return nil, err
		}
		all = append(all, entry{script, 0o755, text})
	}
	return all, nil
}
