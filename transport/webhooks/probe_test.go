package webhooks

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestProbe shows what is found out about endpoints, without a request to any: one that works, one
// with a certificate that nobody knows, one that has none, a private one, a name that does not
// exist, and a port that nobody listens on.
func TestProbe(t *testing.T) {
	requests := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("there was a request") })
	plain, secured := httptest.NewServer(requests), httptest.NewUnstartedServer(requests)
	defer plain.Close()
	secured.Config.ErrorLog = log.New(io.Discard, "", 0)
	secured.StartTLS()
	defer secured.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	for _, test := range []struct {
		url     string
		private bool
		want    string
	}{
		{plain.URL, true, ""},
		{plain.URL, false, errPrivate.Error()},
		{secured.URL, true, "TLS: tls: failed to verify certificate"},
		{strings.Replace(plain.URL, "http:", "https:", 1), true, "TLS: tls: first record does not look like"},
		{"https://nowhere.invalid/hook?token=hidden", false, "the name cannot be resolved"},
		{closed + "/?token=hidden", true, "refused"},
	} {
		err := Probe(t.Context(), Endpoint{URL: test.url, AllowPrivate: test.private})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) || strings.Contains(got, "hidden") {
			t.Errorf("%s: %q, want %q", test.url, got, test.want)
		}
	}
}
