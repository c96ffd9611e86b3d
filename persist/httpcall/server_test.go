package httpcall

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestEndlessHeader shows that an answer whose header does not end is given up when that has
// maxHeader bytes, and not when the time of the attempt is over; and that there is no proxy.
func TestEndlessHeader(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sent := make(chan int, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_, err = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		n, line := 0, "X-H: "+strings.Repeat("x", 1000)+"\r\n"
		for ; err == nil && n < 20<<20; n += len(line) {
			_, err = io.WriteString(c, line)
		}
		sent <- n
	}()
	t.Setenv("HTTP_PROXY", "http://192.0.2.1:1")
	o := Options{}.WithDefaults(1000)
	m := NewMetrics("test", "call", []string{"one"})
	s := NewServer(NewHTTP(o, 1), func() *Options { return &o }, m, m.Total("opened"))
	_, err = s.exchange(t.Context(), Call{
		Name: "one", Op: "one", Method: "POST", URL: "http://" + l.Addr().String(), MaxAnswer: 1000,
		Sign: func(http.Header) {}, Read: func(*Answer) error { return nil },
	})
	if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "xxx") {
		t.Errorf("%.200v", err)
	}
	if n := <-sent; n > 10<<20 {
		t.Errorf("%d bytes of header were taken", n)
	}
}
