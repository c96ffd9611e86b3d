package debian

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// trees is the folder of the Debian that was fetched, for later runs.
const trees = "../../../../bin/debian"

// packages are in the tree: systemd, and what the package depends on. As no network is in the
// machine, nothing else could be installed with it.
const packages = "adduser,procps,systemd,systemd-sysv"

// fetchTree returns the folder of a Debian with systemd, of the release that this machine has, or
// else of the stable one. It is fetched if it is not there yet.
func fetchTree() (string, error) {
	suite, mirror := "stable", "http://deb.debian.org/debian"
	if name := codename(); name != "" {
		suite = name
		if site := mirrorOf(name); site != "" {
			mirror = site
		}
	}
	dir, err := filepath.Abs(filepath.Join(trees, suite+"-"+strings.ReplaceAll(packages, ",", "-")))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		return dir, err
	}
	if _, err := exec.LookPath("debootstrap"); err != nil {
		return "", errors.New("debootstrap is missing: apt-get install --no-install-recommends debootstrap")
	}
	part := dir + ".part" // an unfinished one must not be used
	if err := errors.Join(os.RemoveAll(part), os.MkdirAll(part, 0o755)); err != nil {
		return "", err
	}
	cmd := exec.Command("debootstrap", "--variant=minbase", "--include="+packages, suite, part, mirror)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("debootstrap %s %s: %w\n%s", suite, mirror, err, out)
	}
	if err := os.RemoveAll(filepath.Join(part, "var/cache/apt/archives")); err != nil {
		return "", err
	}
	return dir, os.Rename(part, dir)
}

// codename returns the name of the release of Debian that this machine has, if it has one.
func codename() string {
	text, _ := os.ReadFile("/etc/os-release")
	name, isDebian := "", false
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.Trim(value, `"`)
		isDebian = isDebian || key == "ID" && value == "debian"
		if key == "VERSION_CODENAME" {
			name = value
		}
	}
	if !isDebian {
		return ""
	}
	return name
}

// mirrorOf returns where apt has a release from.
func mirrorOf(suite string) string {
	out, _ := exec.Command("apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)", "Created-By: Packages").Output()
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == suite && f[1] == "main" {
			return f[2]
		}
	}
	return ""
}
