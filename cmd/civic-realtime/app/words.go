package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// checkWord returns an error if the value of a key is none of the known ones.
func checkWord(key, value string, known []string) error {
	if slices.Contains(known, value) {
		return nil
	}
	advice := ""
	if near := yamlfile.Nearest(value, known); near != "" {
		advice = fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Errorf("%s: %q is none of %s%s", key, value, strings.Join(known, ", "), advice)
}
