package debian

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/release/build"
)

// Package is what a package is made of.
type Package struct {
	Source  build.Source
	Target  build.Target
	Version string // of the package, such as 0.1.0-1; empty: DefaultVersion of the source
	Binary  string // path of the binary, built for Target
	Help    Help
}

const (
	unitFolder = "usr/lib/systemd/system/"
	docFolder  = "usr/share/doc/" + Name + "/"
	examples   = docFolder + "examples/"
	operations = "docs/operations/"
)

// copied lists files of the source tree that are installed as they are.
var copied = map[string]string{
	operations + Name + ".socket":       unitFolder + Name + ".socket",
	operations + "nginx.conf":           examples + "nginx.conf",
	operations + "nginx-cluster.conf":   examples + "nginx-cluster.conf",
	operations + "Caddyfile":            examples + "Caddyfile",
	operations + "Caddyfile-cluster":    examples + "Caddyfile-cluster",
	operations + "nginx-console.conf":   examples + "nginx-console.conf",
	operations + "Caddyfile-console":    examples + "Caddyfile-console",
	operations + "alerts.yml":           examples + "alerts.yml",
	operations + "grafana.json":         examples + "grafana.json",
	operations + "security.md":          docFolder + "security.md",
	operations + "upgrade.md":           docFolder + "upgrade.md",
	operations + "alerts.md":            docFolder + "alerts.md",
	"docs/configuration.md":             docFolder + "configuration.md",
	"docs/admin.md":                     docFolder + "admin.md",
	"docs/backup.md":                    docFolder + "backup.md",
	"docs/cluster.md":                   docFolder + "cluster.md",
	"cmd/release/debian/files/defaults": "usr/share/" + Name + "/realtime.yml",
	"cmd/release/debian/files/readme":   docFolder + "README.Debian",
	"cmd/release/debian/files/lintian":  "usr/share/lintian/overrides/" + Name,
}

// zipped lists texts that Debian's policy wants compressed, as they are long.
var zipped = map[string]string{"CHANGELOG.md": docFolder + "changelog.gz"}

// contents returns all files that are installed, sorted by name.
func contents(p Package) ([]entry, error) {
	binary, err := os.ReadFile(p.Binary)
	if err != nil {
		return nil, err
	}
	all := []entry{{"usr/bin/" + Name, 0o755, binary}}
	for from, to := range copied {
		text, err := os.ReadFile(filepath.Join(p.Source.Dir, filepath.FromSlash(from)))
		if err != nil {
			return nil, err
		}
		all = append(all, entry{to, 0o644, text})
	}
	for from, to := range zipped {
		text, err := os.ReadFile(filepath.Join(p.Source.Dir, filepath.FromSlash(from)))
		if err != nil {
			return nil, err
		}
		all = append(all, entry{to, 0o644, compressed(text)})
	}
	service, err := serviceUnit(p.Source.Dir)
	if err != nil {
		return nil, err
	}
	rights, err := copyright(p.Source.Dir)
	if err != nil {
		return nil, err
	}
	all = append(all,
		entry{unitFolder + Name + ".service", 0o644, service},
		entry{docFolder + "copyright", 0o644, rights},
		entry{docFolder + "changelog.Debian.gz", 0o644, compressed(changelog(p))})
	all = append(all, p.Help.entries()...)
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// Paths of the binary: where the documentation's unit expects it, and where the package has it.
const (
	localBinary   = "/usr/local/bin/" + Name
	packageBinary = "/usr/bin/" + Name
)

// serviceUnit returns the unit of the documentation with the path of the package's binary.
func serviceUnit(source string) ([]byte, error) {
	name := filepath.Join(source, filepath.FromSlash(operations), Name+".service")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if strings.Count(string(text), localBinary) != 1 {
		return nil, fmt.Errorf("%s does not name %s once", name, localBinary)
	}
	return []byte(strings.Replace(string(text), localBinary, packageBinary, 1)), nil
}

// changelog returns the change log of the package, which has one entry: the changes are in that of
// the program.
func changelog(p Package) []byte {
	const at = "Mon, 02 Jan 2006 15:04:05 -0700"
	return fmt.Appendf(nil, `%s (%s) stable; urgency=medium

  * %s %s, commit %s
  * changelog.gz has the changes.

 -- %s  %s
`, Name, p.Version, Name, p.Source.Version, p.Source.Name(), maintainer, p.Source.Time.Format(at))
}
