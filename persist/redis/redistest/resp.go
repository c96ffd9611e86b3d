package redistest

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// ask sends a command on a connection of its own, and returns the answer: a string, an int64, a
// []any, or nil.
func ask(addr, password string, config *tls.Config, args ...string) (any, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	if config != nil {
		conn = tls.Client(conn, config)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, err
	}
	in := bufio.NewReader(conn)
	if password != "" {
		if err := send(conn, "AUTH", password); err != nil {
			return nil, err
		}
		if _, err := answer(in); err != nil {
			return nil, err
		}
	}
	if err := send(conn, args...); err != nil {
		return nil, err
	}
	return answer(in)
}

func send(w io.Writer, args ...string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// answer reads an answer in the protocol's second version.
func answer(in *bufio.Reader) (any, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 3 {
		return nil, fmt.Errorf("answer %q", line)
	}
	kind, rest := line[0], line[1:len(line)-2]
	switch kind {
	case '+':
		return rest, nil
	case '-':
		return nil, errors.New(rest)
	}
	n, err := strconv.ParseInt(rest, 10, 64)
	if err != nil || kind == ':' {
		return n, err
	}
	if n < 0 {
		return nil, nil
	}
	switch kind {
	case '$':
		text := make([]byte, n+2)
		_, err := io.ReadFull(in, text)
		return string(text[:n]), err
	case '*':
		all := make([]any, n)
		for i := range all {
			if all[i], err = answer(in); err != nil {
				return nil, err
			}
		}
		return all, nil
	}
	return nil, fmt.Errorf("answer %q", line)
}
