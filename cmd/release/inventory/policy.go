package inventory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences of which code may be in the binary, by SPDX identifier, and what they
// ask for. A licence that would bind the program's own code (GPL, AGPL, LGPL of a static binary) is
// not among them.
var allowed = map[string]string{
	"0BSD":         "nothing",
	"Apache-2.0":   "the text, and the NOTICE",
	"BSD-2-Clause": "the text",
	"BSD-3-Clause": "the text",
	"BSL-1.0":      "nothing of binaries",
	"CC0-1.0":      "nothing",
	"ISC":          "the text",
	"MIT":          "the text",
	"MPL-2.0":      "the text, and where the source is: that of the module is unchanged",
	"Unlicense":    "nothing",
	"Zlib":         "nothing of binaries",
}

// recognized is how much of a text must be that of known licences, in percent of its words. The
// rest is names of holders and explanations.
const recognized = 75

// licensesIn returns the SPDX identifiers of the licences in a text, sorted.
func licensesIn(text string) (ids []string, err error) {
	found := licensecheck.Scan([]byte(text))
	for _, m := range found.Match {
		if !m.IsURL {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) == 0 || found.Percent < recognized {
		return nil, fmt.Errorf("no known licence: %.0f %% of the words are those of %q", found.Percent, ids)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		if allowed[id] == "" {
			return nil, fmt.Errorf("%s is no licence that may be in the binary", id)
		}
	}
	return ids, nil
}

// expression joins the identifiers of licences that all hold.
func expression(ids []string) string {
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " AND ")
}
