package place

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// File is the name of the file in the data directory with the Place of the running server.
const File = "admin.json"

// Place says where the admin API of a running server is.
type Place struct {
	URL       string `json:"url"`                  // of a server on this machine, without a path
	TokenFile string `json:"token_file,omitempty"` // absolute path; empty: no token is needed
	CertFile  string `json:"cert_file,omitempty"`  // absolute path; empty: the URL is without TLS
	PID       int    `json:"pid"`                  // of the server
}

// Write writes a Place to a data directory. Only the owner may read it.
func Write(dir string, p Place) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, File), append(text, '\n'))
}

// Read reads the Place in a data directory. Its error is fs.ErrNotExist if no server with an admin
// API runs there.
func Read(dir string) (p Place, err error) {
	text, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(text, &p)
}

// Remove removes the Place that the process has written. That of another process, which has
// followed in the meantime, stays.
func Remove(dir string, pid int) error {
	if p, err := Read(dir); err != nil || p.PID != pid {
		return nil
	}
	return os.Remove(filepath.Join(dir, File))
}

// Clear removes the Place of any process from a data directory that the caller owns.
func Clear(dir string) error { return os.Remove(filepath.Join(dir, File)) }
