package systemd

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMain prints the sockets of a process that TestSockets has started.
func TestMain(m *testing.M) {
	if os.Getenv("SHOW_SOCKETS") == "" {
		os.Exit(m.Run())
	}
	sockets, err := Sockets()
	if err != nil {
		os.Stdout.WriteString(err.Error())
	}
	for _, name := range []string{Public, Admin} {
		if l := sockets[name]; l != nil {
			os.Stdout.WriteString(name + " " + l.Addr().String() + "\n")
		}
	}
	os.Stdout.WriteString(os.Getenv("LISTEN_FDS"))
	os.Exit(0)
}

// TestSockets shows which socket is which, by the names that systemd passes with them or by their
// order, and which are errors.
func TestSockets(t *testing.T) {
	var files []*os.File
	var at []string
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		file, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		defer file.Close()
		files, at = append(files, file), append(at, l.Addr().String())
	}
	for _, test := range []struct {
		names string // FDNAMES, in the order of files
		count string // of files
		want  string
	}{
		{"", "0", ""},
		{"", "1", "public 0\n"},
		{"", "2", "public 0\nadmin 1\n"},
		{"admin:public", "2", "public 1\nadmin 0\n"},
		{"admin:civic-realtime.socket", "2", "public 1\nadmin 0\n"},
		{"civic-realtime.socket:civic-realtime.socket", "2", "public 0\nadmin 1\n"},
		{"admin", "1", "admin 0\n"},
		{"public:public", "2", "socket public of systemd: there are two"},
		{"a:b:c", "3", "there are more sockets than public and admin"},
	} {
		cmd := exec.Command("sh", "-c", "LISTEN_PID=$$ exec "+os.Args[0])
		cmd.Env = []string{"SHOW_SOCKETS=1", "LISTEN_FDS=" + test.count, "LISTEN_FDNAMES=" + test.names}
		cmd.ExtraFiles = files
		out, err := cmd.CombinedOutput()
		got := string(out)
		for i, address := range at {
			got = strings.ReplaceAll(got, address, string(rune('0'+i)))
		}
		if err != nil || got != test.want && !strings.Contains(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%q: %v\n%s", test.names, err, got)
		}
	}
}

// inbox is a socket in the place of systemd's.
type inbox struct{ *net.UnixConn }

// listen takes the place of systemd.
func listen(t *testing.T) inbox {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return inbox{c}
}

// mustReceive waits for a message.
func (c inbox) mustReceive(t *testing.T, want string) {
	t.Helper()
	b := make([]byte, 4096)
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	n, err := c.Read(b)
	if err != nil || !regexp.MustCompile("^(?:"+want+")$").Match(b[:n]) {
		t.Errorf("received %q, %v; want %s", b[:n], err, want)
	}
}

// TestNotifier shows the messages to systemd.
func TestNotifier(t *testing.T) {
	c, n := listen(t), NewNotifier(slog.New(slog.DiscardHandler))
	n.Ready("listening")
	c.mustReceive(t, "READY=1\nSTATUS=listening")
	n.Reloading()
	c.mustReceive(t, "RELOADING=1\nMONOTONIC_USEC=[0-9]+")
	n.Stopping(1500 * time.Millisecond)
	c.mustReceive(t, "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=1500000")
	n.Successor(77)
	c.mustReceive(t, "MAINPID=77")
}

// TestWatchdog shows that systemd learns that the server is alive as long as it is, if the unit
// asks for that, and that nothing is sent otherwise.
func TestWatchdog(t *testing.T) {
	c, n := listen(t), NewNotifier(slog.New(slog.DiscardHandler))
	n.Watch(t.Context(), func() bool { return true }) // returns: the unit does not ask
	t.Setenv("WATCHDOG_USEC", "20000")
	ctx, stop := context.WithCancel(t.Context())
	asked, ended := make(chan bool), make(chan struct{})
	go func() {
		defer close(ended)
		n.Watch(ctx, func() bool { return <-asked })
	}()
	asked <- true
	c.mustReceive(t, "WATCHDOG=1")
	asked <- false
	asked <- true
	c.mustReceive(t, "WATCHDOG=1")
	stop()
	close(asked)
	<-ended
	_ = c.SetReadDeadline(time.Now())
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("another message: %d bytes", n)
	}
}
