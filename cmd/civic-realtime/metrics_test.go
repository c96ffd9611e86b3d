package main

import (
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// metricsAt returns the metrics of a listener.
func metricsAt(t *testing.T, url, token string) string {
	t.Helper()
	r := must(http.NewRequest("GET", url+"/metrics", nil)) // http.Client asks for gzip
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp := must(http.DefaultClient.Do(r))
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || got != "text/plain; version=0.0.4; charset=utf-8" || !resp.Uncompressed {
		t.Errorf("%d, type %q, compressed %v", resp.StatusCode, got, resp.Uncompressed)
	}
	return string(must(io.ReadAll(resp.Body)))
}

// TestMetricsOfBothListeners shows that both listeners write all metrics, compressed, in a form
// that Prometheus' own check finds nothing wrong with, and that versions are for operators only.
func TestMetricsOfBothListeners(t *testing.T) {
	o := secured(t)
	public, operators := metricsAt(t, "http://"+o.addr, ""), metricsAt(t, o.url, o.token)
	shown := make(map[string]bool)
	for line := range strings.Lines(public) {
		if strings.HasPrefix(line, "# TYPE ") {
			shown[line] = true
		}
	}
	for line := range strings.Lines(operators) {
		name, isType := strings.CutPrefix(line, "# TYPE ")
		name, _, _ = strings.Cut(name, " ")
		version := strings.HasSuffix(name, "_info") || strings.HasSuffix(name, "_info_ext")
		if isType && shown[line] == version {
			t.Errorf("public: %v: %s", shown[line], name)
		}
	}
	for _, want := range []string{"realtime_build_info{version=", "realtime_ready 1\n", "realtime_admin_requests_total{", "realtime_store_bytes ", "realtime_room_bytes_bucket{"} {
		if !strings.Contains(operators, want) {
			t.Errorf("no %s", want)
		}
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool is not installed: apt-get install --no-install-recommends prometheus")
		return
	}
	for _, text := range []string{public, operators} {
		check := exec.Command(promtool, "check", "metrics")
		check.Stdin = strings.NewReader(text)
		if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
