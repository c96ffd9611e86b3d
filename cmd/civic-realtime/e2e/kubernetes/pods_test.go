package kubernetes

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

const (
	patience     = 2 * time.Minute
	pollInterval = 50 * time.Millisecond
	jwt          = "a secret that signs tokens in this test only"
	adminToken   = "a-token-for-the-console-of-this-test-only"
)

// process is what a pod of the nodes runs: the program with the arguments, the environment and the
// files of the manifest. Ports and paths are others, as this machine has more than one pod.
type process struct {
	t      *testing.T
	config string // path of its configuration
	binary string
	public string // address for clients
	peers  string // address for other nodes
	admin  string // address for operators
	env    []string
	cmd    *exec.Cmd
	log    bytes.Buffer
	ended  chan struct{}
}

// translate returns a replacer of what is different on this machine.
func translate(t *testing.T, redis, dir string) (r *strings.Replacer, addresses [3]string) {
	t.Helper()
	var ports [3]string // for clients, for operators and for other nodes
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		addresses[i] = l.Addr().String()
		ports[i] = fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	}
	return strings.NewReplacer(
		"$(POD_IP)", "127.0.0.1", "host: 0.0.0.0", "host: 127.0.0.1", "3001", ports[0], "3002", ports[1], "3003", ports[2],
		"civic-realtime-redis:6379", redis, "/etc/civic-realtime", dir, "/var/lib/civic-realtime", filepath.Join(dir, "data"),
	), addresses
}

// startPod starts a pod of the nodes, and waits until it is ready as its probe asks.
func startPod(t *testing.T, binary string, redis *redistest.Server, password string) *process {
	t.Helper()
	dir := t.TempDir()
	here, addresses := translate(t, redis.Addr, dir)
	public := addresses[0]
	p := &process{t: t, binary: binary, public: public, admin: addresses[1], peers: addresses[2], config: filepath.Join(dir, "realtime.yml"), ended: make(chan struct{})}
	text, err := os.ReadFile(manifests + "realtime.yml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, p.config, here.Replace(string(text)))
	for name, secret := range map[string]string{
		"jwt": jwt, "cluster": strings.Repeat("c", 32), "redis": password, "admin": adminToken,
	} {
		write(t, filepath.Join(dir, "secrets", name), secret)
	}
	nodes := find(t, "StatefulSet", "civic-realtime")
	var args []string
	for _, a := range container(nodes, "args").([]any) {
		args = append(args, here.Replace(a.(string)))
	}
	for _, v := range container(nodes, "env").([]any) {
		v := object(v.(map[string]any))
		if value, ok := v["value"].(string); ok {
			p.env = append(p.env, v["name"].(string)+"="+here.Replace(value))
		}
	}
	p.command("config", "check", "--config", p.config)
	p.start(args)
	url := "http://" + public + container(nodes, "readinessProbe", "httpGet", "path").(string)
	for deadline := time.Now().Add(patience); !answers(url); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			t.Fatalf("a pod is never ready\n%s", &p.log)
		}
	}
	for _, probe := range []string{"startupProbe", "livenessProbe"} {
		if path := container(nodes, probe, "httpGet", "path").(string); !answers("http://" + public + path) {
			t.Errorf("the %s fails", probe)
		}
	}
	return p
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// answers reports whether an address answers 200.
func answers(url string) bool {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// command runs the program in the pod, and returns its standard output.
func (p *process) command(args ...string) string {
	p.t.Helper()
	cmd := exec.Command(p.binary, args...)
	cmd.Env = p.env
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("%q: %v\n%s%s", args, err, out, &complaints)
	}
	return string(out)
}

func (p *process) start(args []string) {
	p.t.Helper()
	p.cmd = exec.Command(p.binary, args...)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.env, &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		p.cmd.Wait() // terminate reads the code from ProcessState
		close(p.ended)
	}()
	p.t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
		if p.t.Failed() {
			p.t.Logf("%s:\n%s", p.public, &p.log)
		}
	})
}

// service passes connections on to pods that are ready, one after the other.
type service struct {
	pods []*process
	addr string

	mu   sync.Mutex
	next int
}

func startService(t *testing.T, pods ...*process) *service {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &service{pods: pods, addr: l.Addr().String()}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.pass(conn)
		}
	}()
	return s
}

func (s *service) pass(conn net.Conn) {
	defer conn.Close()
	for range s.pods {
		s.mu.Lock()
		pod := s.pods[s.next%len(s.pods)]
		s.next++
		s.mu.Unlock()
		if !answers("http://" + pod.public + "/readyz") {
			continue
		}
		to, err := net.Dial("tcp", pod.public)
		if err != nil {
			continue
		}
		defer to.Close()
		go func() {
			io.Copy(to, conn)
			to.Close()
		}()
		io.Copy(conn, to)
		return
	}
}

// TestPodsShareRooms runs two pods as the manifests say, with a Redis as they say. The nodes find
// each other, clients of both edit the same documents, and when a pod ends in its time, all go on
// with the other, with every word.
func TestPodsShareRooms(t *testing.T) {
	t.Parallel()
	const password = "a-password-of-this-test"
	binary := filepath.Join(t.TempDir(), "civic-realtime")
	if err := processes.Build("../../../..", binary); err != nil {
		t.Fatal(err)
	}
	redis := redistest.Start(t, redisOptions(t, password)...)
	first := startPod(t, binary, redis, password)
	second := startPod(t, binary, redis, password)
	awaitNodes(first, second)
	mustSignIn(first)
	s := startService(t, first, second)
	token := strings.TrimSpace(first.command("token", "--config", first.config, "--user", "ann"))
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	clients := exec.CommandContext(ctx, "node", "../debian/typing.mjs", "ws://"+s.addr+"/realtime/records", token, "2", "8", "pods")
	in, _ := clients.StdinPipe()
	out, _ := clients.StdoutPipe()
	clients.Stderr = os.Stderr
	if err := clients.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		clients.Process.Kill()
		clients.Wait()
	}()
	lines := bufio.NewReader(out)
	mustType(t, lines)
	first.cmd.Process.Signal(syscall.SIGTERM)
	grace := find(t, "StatefulSet", "civic-realtime").at("spec", "template", "spec", "terminationGracePeriodSeconds")
	t.Logf("a pod has %v s to end", grace)
	select {
	case <-first.ended:
	case <-time.After(patience):
		t.Fatal("a pod does not end")
	}
	if code := first.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("a pod ends with %d", code)
	}
	fmt.Fprintln(in, "again")
	mustType(t, lines)
	fmt.Fprintln(in, "stop")
	var end struct {
		Words, Typed map[string][]string
		Errors       []string
	}
	if line, err := lines.ReadString('\n'); err != nil || json.Unmarshal([]byte(line), &end) != nil || len(end.Typed) != 2 {
		t.Errorf("the clients say %s: %v", line, err)
	}
	for room, typed := range end.Typed {
		for _, word := range typed {
			if !slices.Contains(end.Words[room], word) {
				t.Errorf("%s has no %s", room, word)
			}
		}
	}
	t.Logf("connections that were cut, and made again: %q", end.Errors)
}

// mustSignIn checks that a person signs in to the console with the token of the Secret, at an
// address as kubectl port-forward has it: of this machine, with a port that is not that in the pod.
func mustSignIn(p *process) {
	p.t.Helper()
	const forwarded = "127.0.0.1:8080"
	r, err := http.NewRequest("POST", "http://"+p.admin+"/console/session", strings.NewReader(`{"token":"`+adminToken+`","name":"ann"}`))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Host = forwarded
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", "http://"+forwarded)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || len(resp.Cookies()) != 1 {
		p.t.Errorf("signing in: %s: %s", resp.Status, text)
	}
}

// awaitNodes waits until the nodes know each other, at the addresses that the manifest gives them.
func awaitNodes(asked, other *process) {
	asked.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(pollInterval) {
		out := asked.command("nodes", "--config", asked.config, "--json")
		var list struct{ Nodes []struct{ Address string } }
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			asked.t.Fatalf("the nodes are %s: %v", out, err)
		}
		known := 0
		for _, n := range list.Nodes {
			if n.Address == asked.peers || n.Address == other.peers {
				known++
			}
		}
		if known == 2 {
			return
		}
		if time.Now().After(deadline) {
			asked.t.Fatalf("the nodes are %s", out)
		}
	}
}

// redisOptions returns the arguments of Redis in the manifest as lines of its configuration.
func redisOptions(t *testing.T, password string) (options []string) {
	t.Helper()
	args := container(find(t, "StatefulSet", "civic-realtime-redis"), "args").([]any)
	for i := 0; i+1 < len(args); i += 2 {
		key, value := strings.TrimPrefix(args[i].(string), "--"), args[i+1].(string)
		switch {
		case key == "dir":
			continue
		case value == "$(REDISCLI_AUTH)":
			value = password
		}
		options = append(options, key+" "+value)
	}
	return options
}

func mustType(t *testing.T, lines *bufio.Reader) {
	t.Helper()
	if line, err := lines.ReadString('\n'); err != nil || line != `{"typing":true}`+"\n" {
		t.Fatalf("the clients say %s: %v", line, err)
	}
}

// TestSources makes go test run the tests again when the module has changed.
func TestSources(t *testing.T) { processes.DependOn(t, "../../../..") }
