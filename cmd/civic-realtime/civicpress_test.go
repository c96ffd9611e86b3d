package main

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// TestBehindCivicPress shows that a URL and a secret are enough to use sessions of CivicPress, that
// the calls are counted, and that neither secret nor tokens are printed, even at the most detailed
// level of the log.
func TestBehindCivicPress(t *testing.T) {
	api := standin.New(standin.Options{})
	url, stop, err := api.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	api.Put("a", "text of the record", nil)
	good, dead, forged := api.Login("ann", "clerk"), api.Sign(strings.Repeat("ab", 32)), strings.Repeat("ab", 32)+"."+strings.Repeat("cd", 32)
	p := start(t, []string{"CIVIC_REALTIME_CIVICPRESS_SECRET=" + standin.DefaultSecret, "CIVIC_REALTIME_LOG_LEVEL=debug"},
		"serve", "--listen", "127.0.0.1:0", "--civicpress-url", url)
	output, addr := p.listening()
	rest, _ := p.stdout.Peek(p.stdout.Buffered())
	if !strings.Contains(output+string(rest), "tokens are checked by CivicPress at "+url) {
		t.Errorf("it does not say by whom tokens are checked:\n%s", output)
	}
	<-play(t, addr, "?token="+good, direct).hello
	for _, token := range []string{dead, forged} {
		if why := <-play(t, addr, "?token="+token, direct).closed; why == nil || why.Code != 4001 || string(why.Reason) != "session expired or unknown" {
			t.Errorf("closed with %v", why)
		}
	}
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	metrics, _ := io.ReadAll(resp.Body)
	for _, want := range []string{`realtime_civicpress_calls_total{call="check session",outcome="ok"} 1`,
		`realtime_civicpress_calls_total{call="check session",outcome="unauthorized"} 1`, "realtime_civicpress_tokens_malformed_total 1"} {
		if !strings.Contains(string(metrics), want) {
			t.Errorf("no %s", want)
		}
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	p.mustEnd(0)
	for _, hush := range []string{good, dead, forged, good[:64], good[65:], standin.DefaultSecret, "text of the record"} {
		if all := output + string(metrics) + p.stderr.String(); strings.Contains(all, hush) {
			t.Errorf("%q is in the output:\n%s", hush, all)
		}
	}
}
