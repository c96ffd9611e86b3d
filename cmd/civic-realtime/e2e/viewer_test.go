package e2e

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// startWithSecret starts a server that requires tokens, and returns the file with its secret.
func startWithSecret(t *testing.T) (s *server, secret string) {
	t.Helper()
	secret = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("thirty-two bytes of the greatest secrecy"), 0o600); err != nil {
		t.Fatal(err)
	}
	return startWith(t, freeAddr(t), t.TempDir(), "--jwt-secret-file", secret), secret
}

// token returns a token made by the binary.
func token(t *testing.T, secret string, flags ...string) string {
	t.Helper()
	out, err := exec.Command(serverBinary, append([]string{"token", "--jwt-secret-file", secret}, flags...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// types makes the client type plain edits, [position, deleted, inserted?], for which Yjs makes no
// further edits by itself.
func (c *client) types(edits ...[]any) {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), "edits.json.gz")
	f, err := os.Create(path)
	if err != nil {
		c.t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if err := errors.Join(json.NewEncoder(z).Encode(edits), z.Close(), f.Close()); err != nil {
		c.t.Fatal(err)
	}
	c.do("replay", args{"path": path}, nil)
}

// TestViewer shows that the edits of a user who may only view a record reach nobody, and that the
// user is sent one error, sees others and is seen, and stays connected.
func TestViewer(t *testing.T) {
	t.Parallel()
	s, secret := startWithSecret(t)
	const room = "by-law-7"
	editing := args{"params": args{"token": token(t, secret, "--user", "ann", "--record", room, "--access", "edit")}}
	viewing := token(t, secret, "--user", "bob", "--record", room, "--access", "view")
	ann, bob, cleo := newClient(t, "ann"), newClient(t, "bob"), newClient(t, "cleo")
	ann.openWith(s, room, editing)
	ann.types([]any{0, 0, "Dogs on leads."}, []any{5, 2, "off"})
	bob.openWith(s, room, args{"params": args{"token": viewing}})
	bob.do("disconnect", nil, nil)
	bob.do("reconnect", nil, nil) // sends its document, which has nothing new
	bob.wait(args{"connects": 2, "synced": true, "covers": []claim{ann.report().Claim}})

	bob.types([]any{0, 4, "Cats"}, []any{0, 0, "No "})
	bob.do("presence", here("bob"), nil)
	ann.wait(sees("bob")) // so the server has received the edits before
	ann.types([]any{0, 0, "All "})
	bob.wait(args{"covers": []claim{ann.report().Claim}})

	cleo.openWith(s, room, editing)
	if r := converge(t, ann, cleo); r.Text != "All Dogs off leads." {
		t.Errorf("others have %q", r.Text)
	}
	ann.mustBeUndisturbed()
	st := bob.status()
	if len(st.Problems) != 1 || !strings.Contains(st.Problems[0], "read-only") || st.Connects != 2 || len(st.Closes) != 1 || len(st.Errors) > 0 {
		t.Errorf("the viewer went through %+v", st)
	}
	if strings.Contains(s.log.String(), viewing) {
		t.Error("the log has the token")
	}
}
