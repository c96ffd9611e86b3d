package faultproxy

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// echo returns the address of a server that answers each line with a name and the line.
func echo(t *testing.T, name string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					io.WriteString(c, name+line)
				}
			}()
		}
	}()
	return l.Addr().String()
}

type client struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func dial(t *testing.T, p *Proxy) *client {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &client{c, t, bufio.NewReader(c)}
}

// asks sends a line and returns the answer.
func (c *client) asks(line string) (string, error) {
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	return c.r.ReadString('\n')
}

func (c *client) mustGet(line, want string) {
	c.t.Helper()
	if got, err := c.asks(line); err != nil || got != want+"\n" {
		c.t.Fatalf("%s: %q, %v", line, got, err)
	}
}

func start(t *testing.T, targets ...string) *Proxy {
	t.Helper()
	p, err := New(targets...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// TestCut shows that connections and new ones are reset while the line is cut, and that new ones
// pass when it is healed.
func TestCut(t *testing.T) {
	p := start(t, echo(t, "a"))
	c := dial(t, p)
	c.mustGet("1", "a1")
	p.Cut()
	if got, err := c.asks("2"); err == nil {
		t.Errorf("a cut connection answers %q", got)
	}
	if c, err := net.Dial("tcp", p.Addr()); err == nil { // else it is reset already
		defer c.Close()
		if got, err := (&client{c, t, bufio.NewReader(c)}).asks("3"); err == nil {
			t.Errorf("a new connection answers %q", got)
		}
	}
	p.Heal()
	dial(t, p).mustGet("4", "a4")
}

// TestWithhold shows that nothing passes while bytes are withheld, and everything afterwards.
func TestWithhold(t *testing.T) {
	p := start(t, echo(t, "a"))
	c := dial(t, p)
	c.mustGet("1", "a1")
	p.Withhold()
	io.WriteString(c, "2\n")
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if got, err := c.r.ReadString('\n'); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%q, %v", got, err)
	}
	c.SetReadDeadline(time.Time{})
	p.Heal()
	if got, err := c.r.ReadString('\n'); err != nil || got != "a2\n" {
		t.Errorf("%q, %v", got, err)
	}
	c.mustGet("3", "a3")
}

// TestDelay shows that bytes take at least twice the delay for a round trip.
func TestDelay(t *testing.T) {
	p := start(t, echo(t, "a"))
	const by = 30 * time.Millisecond
	p.Delay(by)
	c := dial(t, p)
	began := time.Now()
	c.mustGet("1", "a1")
	if took := time.Since(began); took < 2*by {
		t.Errorf("%v", took)
	}
}

// TestTargets shows that targets take turns, and that one that is gone is passed over.
func TestTargets(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	p := start(t, echo(t, "a"), gone.Addr().String(), echo(t, "b"))
	for _, want := range []string{"a1", "b1", "b1", "a1"} {
		dial(t, p).mustGet("1", want)
	}
	p.SetTargets(echo(t, "c"))
	dial(t, p).mustGet("1", "c1")
}
