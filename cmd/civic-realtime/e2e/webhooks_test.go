package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// receiver is the receiver of docs/webhooks.md, as written but for its secret and port: a Node
// process that verifies signatures with Standard Webhooks' own library.
type receiver struct {
	port string
	got  *processes.Output
}

func startReceiver(t *testing.T) *receiver {
	t.Helper()
	text, err := os.ReadFile("../../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```js\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatal("docs/webhooks.md has no receiver")
	}
	script := strings.NewReplacer("process.env.WEBHOOK_SECRET", `"`+webhookSecret+`"`, "process.env.PORT ?? 8080", "0").Replace(string(block[1]))
	written, complaints := processes.Watch(`listening on (\d+)`), processes.Watch("")
	node, err := nodeworker.Start(complaints, "--input-type=module", "-")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(written, node.Out)
		_ = node.Wait()
	}()
	t.Cleanup(func() {
		node.Kill()
		<-ended
		if t.Failed() {
			t.Logf("receiver:\n%s%s", written, complaints)
		}
	})
	_, _ = io.WriteString(node.In, script)
	_ = node.In.Close()
	return &receiver{<-written.Seen, written}
}

// events returns the events that have come, each once: "document.changed record:a 3".
func (r *receiver) events(written string) (all []string) {
	for line := range strings.Lines(written) {
		var e struct {
			ID, Type string
			Data     struct {
				Room    string
				Version int
			}
		}
		if json.Unmarshal([]byte(line), &e) == nil && e.ID != "" {
			all = append(all, fmt.Sprintf("%s %s %d", e.Type, e.Data.Room, e.Data.Version))
		}
	}
	return all
}

// await waits until all these events have come.
func (r *receiver) await(t *testing.T, want ...string) {
	t.Helper()
	missing := func(written string) (left []string) {
		got := r.events(written)
		for _, w := range want {
			if !slices.Contains(got, w) {
				left = append(left, w)
			}
		}
		return left
	}
	if !r.got.Until(patience, func(written string) bool { return len(missing(written)) == 0 }) {
		t.Errorf("%q never come; those that have are %q", missing(r.got.String()), r.events(r.got.String()))
	}
}

// startWithWebhooks starts a server that sends events to a receiver.
func startWithWebhooks(t *testing.T, r *receiver) *server {
	t.Helper()
	config := filepath.Join(t.TempDir(), "realtime.yml")
	text := fmt.Sprintf("realtime:\n  webhook_delivery: {debounce: 100ms}\n  webhooks:\n    - {url: 'http://127.0.0.1:%s/hook', secret: %s, allow_private: true, name: receiver}\n", r.port, webhookSecret)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return startWith(t, freeAddr(t), newDataDir(t), "--dev", "--config", config)
}

// TestWebhooksAfterKill shows that the receiver of docs/webhooks.md gets the events of all edits
// that any client was sent, although the server is killed right after each, with signatures that
// Standard Webhooks' own library accepts, and none of them twice by its id.
func TestWebhooksAfterKill(t *testing.T) {
	t.Parallel()
	r := startReceiver(t)
	s := startWithWebhooks(t, r)
	var want []string
	for i := range 8 {
		room := fmt.Sprint("minutes-", i)
		writeTexts(t, s, room, 7, "a") // and waits until it is durable
		s.kill()
		want = append(want, "document.created record:"+room+" 1", "document.changed record:"+room+" 1")
		s = s.restart()
		r.await(t, want...)
	}
	if code := s.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	got := r.events(r.got.String())
	slices.Sort(got)
	if compact := slices.Compact(slices.Clone(got)); len(compact) != len(got) {
		t.Errorf("some come twice with different ids: %q", got)
	}
}

// TestDeletionsAfterKill shows that the receiver gets the event of each deletion and each version
// that an operator was told is made, although the server is killed right after that.
func TestDeletionsAfterKill(t *testing.T) {
	t.Parallel()
	r := startReceiver(t)
	s := startWithWebhooks(t, r)
	for i := range 4 {
		room := fmt.Sprint("deleted-", i)
		writeTexts(t, s, room, 7, "a")
		s.commands("snapshot", "create", "--record", room)
		s.deletes(room)
		s.kill()
		s = s.restart()
		r.await(t, "version.created record:"+room+" 0", "document.deleted record:"+room+" 0")
	}
}

// TestWebhookCommands shows what operators see of a receiver that does not answer: the message that
// waits, with the reason; and that a test event is delivered when it does.
func TestWebhookCommands(t *testing.T) {
	t.Parallel()
	r := startReceiver(t)
	s := startWithWebhooks(t, r)
	command := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(serverBinary, slices.Concat([]string{"webhooks"}, args, []string{"--data-dir", s.dir})...).CombinedOutput()
		if err != nil {
			t.Errorf("%q: %v: %s", args, err, out)
		}
		return string(out)
	}
	if out := command(); !strings.Contains(out, "receiver") || !strings.Contains(out, "/hook") || strings.Contains(out, "whsec") {
		t.Error(out)
	}
	command("test", "receiver")
	r.await(t, "webhook.test  0")
	if out := command("messages"); !strings.Contains(out, "there are none") {
		t.Error(out)
	}
	if out, err := exec.Command(serverBinary, "webhooks", "enable", "other", "--data-dir", s.dir).CombinedOutput(); err == nil || !strings.Contains(string(out), "no such endpoint") {
		t.Errorf("%v, %s", err, out)
	}
}
