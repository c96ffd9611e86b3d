package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// startFeatured starts a server with a features.yml beside its configuration.
func startFeatured(t *testing.T, features string) *server {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"realtime.yml": "realtime: {}", "features.yml": "features: {" + features + "}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return startWith(t, freeAddr(t), t.TempDir(), "--dev", "--config", filepath.Join(dir, "realtime.yml"))
}

// TestEditingOff shows that with collaborative editing switched off a y-websocket client's edits
// reach nobody, and that their author is sent one error, stays connected, and is seen.
func TestEditingOff(t *testing.T) {
	t.Parallel()
	s := startFeatured(t, "collaborative_editing: false")
	ann, bob := join(t, s, "r", "ann", 3), join(t, s, "r", "bob", 2)
	ann.types([]any{0, 0, "Dogs on leads."}, []any{0, 0, "All "})
	ann.do("presence", here("ann"), nil)
	bob.wait(sees("ann")) // so the server has received the edits before
	ann.wait(args{"problem": "collaborative editing is switched off"})
	if text := bob.report().Text; text != "" {
		t.Errorf("bob has %q", text)
	}
	if st := ann.status(); len(st.Problems) != 1 || st.Connects != 1 || len(st.Closes)+len(st.Errors) > 0 {
		t.Errorf("ann went through %+v", st)
	}
	bob.mustBeUndisturbed()
}

// TestPresenceOff shows that with presence switched off clients write together and do not see each
// other.
func TestPresenceOff(t *testing.T) {
	t.Parallel()
	s := startFeatured(t, "presence_tracking: false")
	ann, bob := join(t, s, "r", "ann", 3), join(t, s, "r", "bob", 2)
	ann.do("presence", here("ann"), nil)
	bob.do("presence", here("bob"), nil)
	ann.types([]any{0, 0, "Dogs on leads."})
	bob.types([]any{0, 0, "All "})
	converge(t, ann, bob)
	// The presence would have come before the text.
	for c, other := range map[*client]string{ann: "bob", bob: "ann"} {
		if sights := c.status().Sights; slices.ContainsFunc(sights, func(names []string) bool { return slices.Contains(names, other) }) {
			t.Errorf("%s has seen %q", c.name, sights)
		}
		c.mustBeUndisturbed()
	}
}
