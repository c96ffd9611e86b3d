package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// instruction is an instruction of a Dockerfile, as container/parse.mjs prints it.
type instruction struct {
	Keyword   string
	Flags     map[string]string
	Arguments []string
	Text      string
	Strings   []string // of the form in JSON
	Pairs     [][2]string
}

// parseDockerfile parses the Dockerfile. Faults that a validator finds fail the test.
func parseDockerfile(t *testing.T, file string) (all []instruction) {
	t.Helper()
	out, err := exec.Command("node", "container/parse.mjs", file).Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		t.Fatalf("%v: %s (npm ci in cmd/release/container?)", err, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Instructions []instruction
		Faults       []string
	}
	if err := json.Unmarshal(out, &parsed); err != nil {
		t.Fatal(err)
	}
	for _, f := range parsed.Faults {
		t.Errorf("%s: %s", file, f)
	}
	return parsed.Instructions
}

// image is what a Dockerfile makes, with its last stage as a folder.
type image struct {
	t           *testing.T
	context     string // the source tree
	stage, root string // the roots of the first and the last stage
	workdir     string
	variables   map[string]string // of ARG
	env         []string
	user        string
	volume      string
	ports       []string
	labels      map[string]string
	health      []string
	entrypoint  []string
	command     []string
	scratch     bool // the last stage has begun, and is empty at first
}

// buildImage does by hand what a builder of images does with the Dockerfile.
func buildImage(t *testing.T, file, context string) *image {
	t.Helper()
	m := &image{
		t: t, context: context, stage: t.TempDir(), root: t.TempDir(), workdir: "/", labels: map[string]string{},
		variables: map[string]string{"TARGETOS": runtime.GOOS, "TARGETARCH": runtime.GOARCH, "BUILDPLATFORM": runtime.GOOS + "/" + runtime.GOARCH, "VERSION": "9.9.9", "REVISION": "0123abcd"},
	}
	for _, i := range parseDockerfile(t, file) {
		m.do(i)
	}
	return m
}

// do does one instruction.
func (m *image) do(i instruction) {
	m.t.Helper()
	switch i.Keyword {
	case "ARG":
		if name, value := i.Pairs[0][0], i.Pairs[0][1]; m.variables[name] == "" {
			m.variables[name] = value
		}
	case "FROM":
		m.scratch = i.Arguments[0] == "scratch"
	case "WORKDIR":
		m.workdir = i.Arguments[0]
	case "RUN":
		m.run(i.Text)
	case "COPY":
		m.copy(i)
	case "LABEL":
		for _, p := range i.Pairs {
			m.labels[p[0]] = os.Expand(p[1], func(name string) string { return m.variables[name] })
		}
	case "ENV":
		for _, p := range i.Pairs {
			m.env = append(m.env, p[0]+"="+p[1])
		}
	case "USER":
		m.user = i.Arguments[0]
	case "VOLUME":
		m.volume = i.Strings[0]
	case "EXPOSE":
		m.ports = append(m.ports, i.Arguments...)
	case "HEALTHCHECK":
		form, found := strings.CutPrefix(i.Text, "CMD ")
		if err := json.Unmarshal([]byte(form), &m.health); err != nil || !found {
			m.t.Errorf("the health check needs a shell, which the image does not have: %s", i.Text)
		}
	case "ENTRYPOINT":
		m.entrypoint = i.Strings
	case "CMD":
		m.command = i.Strings
	default:
		m.t.Errorf("%s is not known to this test", i.Keyword)
	}
}

// run runs a command in the first stage.
func (m *image) run(command string) {
	m.t.Helper()
	if m.scratch {
		m.t.Fatalf("RUN in an image without a shell: %s", command)
	}
	cmd := namespaced("--mount", "sh", "container/stage.sh", m.stage, m.workdir, command)
	for name, value := range m.variables {
		cmd.Env = append(cmd.Environ(), name+"="+value)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("RUN %s: %v: %s", command, err, out)
	}
}

// namespaced returns a command in namespaces of its own. Without the rights for that the user is
// root in another one.
func namespaced(args ...string) *exec.Cmd {
	if os.Getuid() != 0 {
		args = append([]string{"--user", "--map-root-user"}, args...)
	}
	return exec.Command("unshare", args...)
}

// copy copies from the context to the first stage, or from there to the last one.
func (m *image) copy(i instruction) {
	m.t.Helper()
	from, to, last := m.context, m.stage, len(i.Arguments)-1
	if m.scratch {
		from, to = m.stage, m.root
	}
	if m.scratch != (i.Flags["from"] == "build") {
		m.t.Errorf("COPY of %q", i.Flags["from"])
	}
	dest := i.Arguments[last]
	if !filepath.IsAbs(dest) {
		dest = filepath.Join(m.workdir, dest) + "/"
	}
	for _, source := range i.Arguments[:last] {
		m.copyOne(filepath.Join(from, source), filepath.Join(to, dest), i.Flags["chown"])
	}
}

// copyOne copies a file into a folder, or the content of a folder with its mode.
func (m *image) copyOne(source, dest, owner string) {
	m.t.Helper()
	info, err := os.Stat(source)
	if err != nil {
		m.t.Fatal(err)
	}
	if info.IsDir() {
		source += "/."
	}
	if _, err := os.Stat(dest); errors.Is(err, fs.ErrNotExist) {
		if err := errors.Join(os.MkdirAll(dest, 0o755), os.Chmod(dest, info.Mode().Perm()|0o700)); err != nil {
			m.t.Fatal(err)
		}
	}
	if out, err := exec.Command("cp", "-R", "--preserve=mode", source, dest).CombinedOutput(); err != nil {
		m.t.Fatalf("%v: %s", err, out)
	}
	if owner != "" && os.Getuid() == 0 {
		if out, err := exec.Command("chown", "-R", owner, dest).CombinedOutput(); err != nil {
			m.t.Fatalf("%v: %s", err, out)
		}
	}
}

// mustBeGood checks what an image must be, whatever runs it.
func (m *image) mustBeGood() {
	t := m.t
	t.Helper()
	user, group, _ := strings.Cut(m.user, ":")
	for _, id := range []string{user, group} {
		if n, err := strconv.Atoi(id); err != nil || n < 1000 {
			t.Errorf("USER %s is root, of the system, or no number", m.user)
		}
	}
	if !m.scratch || len(m.entrypoint) == 0 || len(m.command) == 0 || len(m.health) == 0 || m.volume == "" {
		t.Errorf("%+v", m)
	}
	if !slices.Contains(m.env, "CIVIC_REALTIME_DATA_DIR="+m.volume) || !slices.Equal(m.ports, []string{"3001"}) || !slices.Contains(m.env, "CIVIC_REALTIME_LISTEN=:3001") {
		t.Errorf("ENV %q, VOLUME %s, EXPOSE %q", m.env, m.volume, m.ports)
	}
	if m.labels["org.opencontainers.image.licenses"] != "Apache-2.0" || m.labels["org.opencontainers.image.version"] != "9.9.9" || m.labels["org.opencontainers.image.revision"] != "0123abcd" {
		t.Errorf("LABEL %q", m.labels)
	}
	var files []string
	err := filepath.WalkDir(m.root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(m.root, path)
			files = append(files, rel)
		}
		return err
	})
	if want := []string{"civic-realtime", "etc/group", "etc/passwd", "etc/ssl/certs/ca-certificates.crt"}; err != nil || !slices.Equal(files, want) {
		t.Errorf("the image has %q, want %q: %v", files, want, err)
	}
}
