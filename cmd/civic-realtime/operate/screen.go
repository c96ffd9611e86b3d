package operate

import (
	"context"
	"errors"
	"os"
	"strings"

	"golang.org/x/term"
)

// screen is the terminal of the process, which shows lines that replace each other.
type screen struct {
	in, out *os.File
	before  *term.State // the state that close restores
}

var errNoTerminal = errors.New("top needs a terminal; status and rooms, with --json for programs, print the same once")

// openScreen takes the terminal over: keys come at once and are not shown, and what is on the
// screen is kept aside.
func openScreen() (*screen, error) {
	s := &screen{in: os.Stdin, out: os.Stdout}
	if !term.IsTerminal(int(s.in.Fd())) || !term.IsTerminal(int(s.out.Fd())) {
		return nil, errNoTerminal
	}
	before, err := term.MakeRaw(int(s.in.Fd()))
	if err != nil {
		return nil, err
	}
	s.before = before
	_, err = s.out.WriteString("\x1b[?1049h\x1b[?25l") // the other screen, without a cursor
	return s, err
}

// close gives the terminal back as it was.
func (s *screen) close() error {
	_, err := s.out.WriteString("\x1b[?25h\x1b[?1049l")
	return errors.Join(err, term.Restore(int(s.in.Fd()), s.before))
}

// size returns the size of the terminal, 80 × 24 if it is not known.
func (s *screen) size() (columns, rows int) {
	columns, rows, err := term.GetSize(int(s.out.Fd()))
	if err != nil || columns <= 0 || rows <= 0 {
		return 80, 24
	}
	return columns, rows
}

// show replaces what is shown. Each line is written and then cleared to its end, so that nothing
// flickers.
func (s *screen) show(lines []string) error {
	const home, clearLine, clearBelow = "\x1b[H", "\x1b[K", "\x1b[J"
	_, err := s.out.WriteString(home + strings.Join(lines, clearLine+"\r\n") + clearLine + clearBelow)
	return err
}

// keys returns the keys that are pressed until ctx is done. Its goroutine ends with the process, as
// a read of a terminal cannot be interrupted.
func (s *screen) keys(ctx context.Context) <-chan byte {
	pressed := make(chan byte)
	go func() {
		defer close(pressed)
		for key := make([]byte, 1); ; {
			if _, err := s.in.Read(key); err != nil {
				return
			}
			select {
			case pressed <- key[0]:
			case <-ctx.Done():
				return
			}
		}
	}()
	return pressed
}
