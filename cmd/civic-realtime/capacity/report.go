package capacity

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Print writes the result in plain words.
func (r Result) Print(w io.Writer) error {
	var b strings.Builder
	m, c := r.Machine, r.Carries
	fmt.Fprintf(&b, "This machine has %s, %s of memory, and lets a process open %s files.\n\n",
		cores(m.Cores), bytes(m.MemoryBytes), number(int(m.OpenFiles)))
	if c.People > 0 {
		b.WriteString(r.carries() + r.advice() + "\n")
	}
	b.WriteString("Measured:\n")
	fmt.Fprintf(&b, "  a commit on the disk          %s, 99 of 100 within %s\n",
		ms(r.Disk.CommitP50), ms(r.Disk.CommitP99))
	fmt.Fprintf(&b, "  an idle connection            %s of memory, with %s of them\n",
		bytes(r.Idle.BytesEach), number(r.Idle.Connections))
	for _, t := range r.Typing {
		fmt.Fprintf(&b, "  %6s people                 %.0f %% of a core; edits arrive in %s, 99 of 100 within %s%s\n",
			number(t.People), 100*t.CPU, ms(t.LatencyP50), ms(t.LatencyP99), t.fault())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// carries says how many people there can be, and by what.
func (r Result) carries() string {
	var b strings.Builder
	c := r.Carries
	fmt.Fprintf(&b, "It carries about %s people at a time, in rooms of %d in which one types.\n",
		number(c.People), inRoom)
	for _, limit := range []struct {
		name, words string
		people      int
	}{
		{"processor", "The processor is enough for", c.Processor},
		{"memory", fmt.Sprintf("the memory, with documents of %s, for", bytes(documentBytes)), c.Memory},
		{"open_files", "the open files for", c.OpenFiles},
	} {
		fmt.Fprintf(&b, "  %-44s %9s", limit.words, number(limit.people))
		if limit.name == c.LimitedBy {
			b.WriteString("   this ends first")
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.String()
}

// fault says why a step was not OK.
func (t Typing) fault() string {
	switch {
	case t.OK:
		return ""
	case t.Lost > 0:
		return fmt.Sprintf(": too many, %d did not arrive in time", t.Lost)
	case t.LateP99 > t.LatencyP99/2:
		return ": as the clients of this measurement took too much of the machine"
	}
	return ": too many"
}

// advice says what to do about the limit, and about a slow disk.
func (r Result) advice() string {
	var b strings.Builder
	switch r.Carries.LimitedBy {
	case "open_files":
		b.WriteString("To carry more, let the process open more files: LimitNOFILE= in a systemd unit, ulimit -n in a shell.\n")
	case "memory":
		b.WriteString("To carry more, add memory, or limit the sizes of documents (limits.document_bytes).\n")
	default:
		b.WriteString("To carry more, add cores.\n")
	}
	if r.Carries.People > 2*r.Carries.Measured {
		fmt.Fprintf(&b, "No more than %s people were tried; the rest is computed from what these cost.\n",
			number(r.Carries.Measured))
	}
	if slow := 20 * time.Millisecond; r.Disk.CommitP99 > slow.Seconds() {
		fmt.Fprintf(&b, "The disk is slow: an edit waits for a commit before it is passed on. A local SSD commits in less than %v.\n", slow)
	}
	return b.String()
}

func cores(n int) string {
	if n == 1 {
		return "one core"
	}
	return fmt.Sprintf("%d cores", n)
}

// number returns n with commas.
func number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func bytes(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f KB", float64(n)/1e3)
}

func ms(seconds float64) string {
	if seconds < 0.01 {
		return fmt.Sprintf("%.1f ms", seconds*1e3)
	}
	return fmt.Sprintf("%.0f ms", seconds*1e3)
}
