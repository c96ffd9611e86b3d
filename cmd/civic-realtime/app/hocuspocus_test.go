package app

import (
	"strings"
	"testing"
)

// TestHocuspocusPath shows that the path of Hocuspocus may be any at which, and below which, there
// is nothing else, and that this is also checked for the default.
func TestHocuspocusPath(t *testing.T) {
	for text, wrong := range map[string]bool{
		"": false, "hocuspocus: {path: /collab}": false, "hocuspocus: {path: /realtime/collab/}": false, "hocuspocus: {path: v1/collab}": false,
		"hocuspocus: {path: /}": true, "hocuspocus: {path: /realtime}": true, "hocuspocus: {path: /v1}": true, "hocuspocus: {path: /healthz}": true,
		"hocuspocus: {path: /records}": true, "hocuspocus: {path: /realtime/records}": true,
		"path: /a/b\n  hocuspocus: {path: /a}": true, "path: /a\n  hocuspocus: {path: /a/b}": false,
		"path: /hocuspocus": true, "path: /hocuspocus\n  hocuspocus: {enabled: false}": false,
	} {
		c, err := parse(t, "realtime:\n  port: 1\n  "+text+"\n")
		if err == nil {
			err = c.checkHocuspocus()
		}
		if (err != nil) != wrong || wrong && !strings.Contains(err.Error(), "hocuspocus.path: must not be /") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
