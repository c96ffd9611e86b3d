package debian

import (
	"strings"
	"testing"
)

// TestPackageBesideThingsOfTheAdministrator shows what the package's scripts do on a machine that
// is not clean. Where no systemd runs, as in a container, it is installed, with its secret. It
// names the files of an installation by hand that count instead of its own. A purge deletes the
// data, but no backups on another file system that is mounted there, and succeeds nevertheless.
func TestPackageBesideThingsOfTheAdministrator(t *testing.T) {
	t.Parallel()
	m := boot(t)
	const byHand = "/etc/systemd/system/civic-realtime.service"
	m.run("sh", "-c", "echo '[Service]' >"+byHand)
	out := m.run("unshare", "--mount", "sh", "-c", `mount -t tmpfs tmpfs /run
		exec apt-get install -y -qq --no-install-recommends `+inMachine+`old.deb 2>&1`)
	if !strings.Contains(out, byHand+" is not of this package") {
		t.Errorf("the installation does not name the other unit:\n%s", out)
	}
	if secret := m.run("cat", etc+"jwt.secret"); len(secret) != 44 {
		t.Errorf("the secret has %d characters", len(secret))
	}
	if processes, _ := m.try("pgrep", "-x", "-u", "civic-realtime", "civic-realtime"); processes != "" {
		t.Errorf("without systemd it runs: %s", processes)
	}
	m.run("rm", byHand)

	const data = "/var/lib/civic-realtime/"
	m.run("sh", "-c", "echo text >"+data+"document; mkdir "+data+"backups; mount -t tmpfs tmpfs "+data+"backups; echo text >"+data+"backups/file")
	out, err := m.try("apt-get", "purge", "-y", "-qq", "civic-realtime")
	if err != nil || !strings.Contains(out, "/var/lib/civic-realtime is left") {
		t.Errorf("the purge says %v\n%s", err, out)
	}
	if left := m.run("find", "/var/lib/civic-realtime", "-type", "f"); left != data+"backups/file" {
		t.Errorf("the purge leaves %q", left)
	}
	if status, _ := m.try("dpkg-query", "-W", "civic-realtime"); !strings.Contains(status, "no packages found") {
		t.Errorf("dpkg has %s", status)
	}
	if left, err := m.try("ls", etc); err == nil {
		t.Errorf("the configuration is left: %s", left)
	}
	if account, _ := m.try("getent", "passwd", "civic-realtime"); account != "" {
		t.Errorf("the account is left: %s", account)
	}
}
