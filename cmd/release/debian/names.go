package debian

import (
	"embed"
	"regexp"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/release/build"
)

// Name is the name of the package, of its user and of its units.
const Name = build.Program

// DefaultVersion returns the version of the first package of a version of the program. A hyphen
// would end it, so that of a pre-release is a tilde, by which dpkg sorts it before the release.
func DefaultVersion(version string) string { return strings.ReplaceAll(version, "-", "~") + "-1" }

// architectures has Debian's names of the targets that have a package.
var architectures = map[string]string{"amd64": "amd64", "arm64": "arm64", "386": "i386"}

// Architecture returns Debian's name of a target. Targets that are no Linux have none.
func Architecture(t build.Target) (name string, ok bool) {
	name, ok = architectures[t.Arch]
	return name, ok && t.OS == "linux"
}

// validVersion is the form of a version with a revision, as deb-version(7) has it.
var validVersion = regexp.MustCompile(`^[0-9][0-9A-Za-z.+~]*-[0-9A-Za-z.+~]+$`)

// maintainer is the address in the field Maintainer, too.
const maintainer = "CivicPress <civicpress@users.noreply.github.com>"

//go:embed files
var embedded embed.FS

// packaging returns a file of this package's folder files.
func packaging(name string) ([]byte, error) { return embedded.ReadFile("files/" + name) }
