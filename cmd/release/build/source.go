package build

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Source is a source tree of which a release is built.
type Source struct {
	Dir      string    // the folder with go.mod
	Version  string    // without a "v"
	Commit   string    // empty: the tree is in no repository, and its binaries name no commit
	Modified bool      // files differ from the commit, or are in no commit
	Time     time.Time // of the commit, or SOURCE_DATE_EPOCH: the time of all files in archives
}

// epochVariable has the time of the sources, in seconds since 1970, for builds that others must be
// able to repeat (reproducible-builds.org).
const epochVariable = "SOURCE_DATE_EPOCH"

// ReadSource reads what there is to know of the source tree in dir. A tree outside of a repository,
// such as an unpacked tarball, needs SOURCE_DATE_EPOCH.
func ReadSource(ctx context.Context, dir string) (s Source, err error) {
	if s.Dir, err = filepath.Abs(dir); err != nil {
		return s, err
	}
	if s.Version, err = version(filepath.Join(s.Dir, "cmd/civic-realtime/app/build.go")); err != nil {
		return s, err
	}
	inRepository, err := s.readCommit(ctx)
	if err != nil {
		return s, err
	}
	if text := os.Getenv(epochVariable); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds < 0 {
			return s, fmt.Errorf("%s: %q is no number of seconds since 1970", epochVariable, text)
		}
		s.Time = time.Unix(seconds, 0).UTC()
	} else if !inRepository {
		return s, fmt.Errorf("%s is in no git repository, so the binaries cannot name their commit: "+
			"clone the repository, or set %s to the time of the sources to build without one",
			s.Dir, epochVariable)
	}
	return s, nil
}

// readCommit reads the commit of the tree and its time. A repository around the tree that has other
// files as well is not the tree's.
func (s *Source) readCommit(ctx context.Context) (inRepository bool, err error) {
	if _, err := os.Stat(filepath.Join(s.Dir, ".git")); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	facts, err := s.git(ctx, "log", "-1", "--format=%H %ct")
	if err != nil {
		return false, err
	}
	var seconds int64
	if _, err := fmt.Sscan(facts, &s.Commit, &seconds); err != nil {
		return false, fmt.Errorf("git log answers %q: %w", facts, err)
	}
	s.Time = time.Unix(seconds, 0).UTC()
	changed, err := s.git(ctx, "status", "--porcelain")
	if err != nil {
		return false, err
	}
	s.Modified = changed != ""
	return true, s.checkTags(ctx)
}

// checkTags fails if the commit is tagged as another version.
func (s *Source) checkTags(ctx context.Context) error {
	tags, err := s.git(ctx, "tag", "--points-at", "HEAD", "--list", "v[0-9]*")
	if err != nil || tags == "" {
		return err
	}
	for tag := range strings.FieldsSeq(tags) {
		if tag == "v"+s.Version {
			return nil
		}
	}
	return fmt.Errorf("the commit is tagged %s, and Version in cmd/civic-realtime/app/build.go is %s",
		strings.Join(strings.Fields(tags), " and "), s.Version)
}

func (s *Source) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", s.Dir}, args...)...)
	out, err := cmd.Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		err = errors.New(strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Name returns the commit as the binaries print it: "+" marks changes that are in no commit.
func (s Source) Name() string {
	switch {
	case s.Commit == "":
		return "no commit"
	case s.Modified:
		return s.Commit + "+"
	}
	return s.Commit
}

// version reads the constant Version of a Go file.
func version(file string) (string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	for _, decl := range parsed.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			continue
		}
		for _, spec := range d.Specs {
			value := spec.(*ast.ValueSpec)
			if value.Names[0].Name != "Version" || len(value.Values) != 1 {
				continue
			}
			if l, ok := value.Values[0].(*ast.BasicLit); ok {
				return strconv.Unquote(l.Value)
			}
		}
	}
	return "", fmt.Errorf("%s has no constant Version", file)
}
