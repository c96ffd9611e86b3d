package debian

import (
	"slices"
	"strings"
	"testing"
)

const etc = "/etc/civic-realtime/"

// install installs a package, of whatever version, as an administrator does.
func install(m *machine, name string) string {
	m.t.Helper()
	out, err := m.try("apt-get", "install", "-y", "-qq", "--no-install-recommends", "--allow-downgrades", inMachine+name)
	if err != nil {
		m.t.Fatalf("installing %s: %v\n%s", name, err, out)
	}
	return out
}

// mustServe checks that the unit runs, and returns the id of its process.
func mustServe(m *machine) string {
	m.t.Helper()
	for _, unit := range []string{"socket", "service"} {
		if state := m.property(unit, "ActiveState"); state != "active" {
			m.t.Fatalf("civic-realtime.%s is %s", unit, state)
		}
	}
	return m.property("service", "MainPID")
}

// TestLifeOfAnInstallation shows a package from its installation to its purge, on a clean Debian.
// It serves at once, as its own user. An upgrade restarts it while clients type: no word is lost,
// no connection fails, the socket stays the same and the configuration is the administrator's. So
// does the way back. Data and configuration outlive a removal, and a purge leaves nothing.
func TestLifeOfAnInstallation(t *testing.T) {
	t.Parallel()
	m := boot(t)
	clean, accounts := m.files(), m.run("cat", "/etc/passwd", "/etc/group")
	install(m, "old.deb")
	first := mustServe(m)
	mustBeConfined(m, first)

	writers := startTyping(m, "old")
	m.run("sh", "-c", "echo '  log: {level: debug} # ours' >>"+etc+"realtime.yml")
	m.run("systemctl", "reload", "civic-realtime.service")
	ours, socket := m.run("cat", etc+"realtime.yml"), m.property("socket", "ActiveEnterTimestampMonotonic")
	asked, stop := probe(m)
	install(m, "new.deb")
	second := mustServe(m)
	writers.again()
	install(m, "old.deb")
	third := mustServe(m)
	writers.again()
	stop()
	if asked.done == 0 || len(asked.failures) > 0 {
		t.Errorf("of %d connections failed %q", asked.done, asked.failures)
	}
	t.Logf("%d connections during an upgrade and a downgrade, %d failed", asked.done, len(asked.failures))
	if first == second || second == third {
		t.Errorf("processes %s, %s and %s: an upgrade did not restart the server", first, second, third)
	}
	if now := m.property("socket", "ActiveEnterTimestampMonotonic"); now != socket {
		t.Error("an upgrade has opened the socket again")
	}
	if now := m.run("cat", etc+"realtime.yml"); now != ours {
		t.Errorf("the configuration is now\n%s", now)
	}
	typed := writers.stop()
	mustHave(m, typed)

	m.run("apt-get", "remove", "-y", "-qq", "civic-realtime")
	if units, _ := m.try("systemctl", "list-units", "--all", "--plain", "--no-legend", "civic-realtime.*"); strings.Contains(units, "running") {
		t.Errorf("after the removal there is still\n%s", units)
	}
	if now := m.run("cat", etc+"realtime.yml"); now != ours {
		t.Errorf("the removal has changed the configuration to\n%s", now)
	}
	install(m, "new.deb")
	mustHave(m, typed)

	m.run("apt-get", "purge", "-y", "-qq", "civic-realtime")
	mustBeGone(m, clean, accounts)
}

// mustBeConfined checks the rights of a fresh installation.
func mustBeConfined(m *machine, pid string) {
	m.t.Helper()
	const rights = `root:civic-realtime 750 /etc/civic-realtime
civic-realtime:civic-realtime 600 /etc/civic-realtime/jwt.secret
root:civic-realtime 640 /etc/civic-realtime/realtime.yml
civic-realtime:civic-realtime 700 /var/lib/civic-realtime`
	if have := m.run("stat", "-c", "%U:%G %a %n", "/etc/civic-realtime", etc+"jwt.secret", etc+"realtime.yml", "/var/lib/civic-realtime"); have != rights {
		m.t.Errorf("the rights are\n%s", have)
	}
	if user := m.run("stat", "-c", "%U", "/proc/"+pid); user != "civic-realtime" {
		m.t.Errorf("the server is %s", user)
	}
	if account := m.run("getent", "passwd", "civic-realtime"); !strings.HasSuffix(account, ":/var/lib/civic-realtime:/usr/sbin/nologin") {
		m.t.Errorf("the account is %s", account)
	}
	for _, setting := range []string{"NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000"} {
		if !strings.Contains(m.run("cat", "/proc/"+pid+"/status"), setting) {
			m.t.Errorf("the server has not %q", setting)
		}
	}
	const units = "/lib/systemd/system/civic-realtime."
	if out, err := m.try("systemd-analyze", "verify", "--man=no", units+"service", units+"socket"); err != nil || out != "" {
		m.t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	lines := strings.Split(m.run("systemd-analyze", "security", "--no-pager", "--threshold=20", "civic-realtime.service"), "\n")
	m.t.Log(lines[len(lines)-1])
	if out, err := m.try("civic-realtime", "doctor", "--config", etc+"realtime.yml"); err != nil {
		m.t.Errorf("doctor: %v\n%s", err, out)
	}
}

// mustBeGone checks that the machine is as it was before the first installation.
func mustBeGone(m *machine, clean []string, accounts string) {
	m.t.Helper()
	for _, file := range m.files() {
		if !slices.Contains(clean, file) {
			m.t.Errorf("the purge leaves %s", file)
		}
	}
	if now := m.run("cat", "/etc/passwd", "/etc/group"); now != accounts {
		m.t.Errorf("the accounts are now\n%s", now)
	}
	if units := m.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "civic-realtime.*"); units != "" {
		m.t.Errorf("systemd still has\n%s", units)
	}
	if status, _ := m.try("dpkg-query", "-W", "civic-realtime"); !strings.Contains(status, "no packages found") {
		m.t.Errorf("dpkg has %s", status)
	}
}

// TestConfigurationThatANewVersionRefuses shows that an upgrade that would not start leaves the
// server alone and says so, and that nothing tries again and again once it is restarted.
func TestConfigurationThatANewVersionRefuses(t *testing.T) {
	t.Parallel()
	m := boot(t)
	install(m, "old.deb")
	before := mustServe(m)
	good := m.run("cat", etc+"realtime.yml")
	m.run("sh", "-c", "echo '  no_such_key: 1' >>"+etc+"realtime.yml")
	out := install(m, "new.deb")
	if !strings.Contains(out, "no_such_key") || !strings.Contains(out, "the server of the") {
		t.Errorf("the upgrade says\n%s", out)
	}
	if now := mustServe(m); now != before {
		t.Error("the upgrade has restarted a server that cannot start")
	}
	if out, err := m.try("systemctl", "restart", "civic-realtime.service"); err == nil {
		t.Errorf("it starts with a wrong configuration: %s", out)
	}
	if code, tries := m.property("service", "ExecMainStatus"), m.property("service", "NRestarts"); code != "2" || tries != "0" {
		t.Errorf("it ended with %s, and was tried again %s times", code, tries)
	}
	m.run("cp", "/usr/share/civic-realtime/realtime.yml", etc+"realtime.yml")
	if m.run("cat", etc+"realtime.yml") != good {
		t.Error("the first configuration is not that of /usr/share")
	}
	m.run("systemctl", "restart", "civic-realtime.socket", "civic-realtime.service")
	mustServe(m)
}

// TestFirstClientStartsTheServer shows that a stopped server is started by a client, as systemd
// has the socket.
func TestFirstClientStartsTheServer(t *testing.T) {
	t.Parallel()
	m := boot(t)
	install(m, "old.deb")
	m.run("systemctl", "stop", "civic-realtime.service")
	mustHave(m, nil)
	mustServe(m)
}
