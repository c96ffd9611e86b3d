package shell

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// sample is a program with commands and flags of every form.
type sample struct {
	Serve struct {
		Config string `placeholder:"FILE" help:"A file; it's YAML."`
		Data   string `placeholder:"DIR" help:"A directory."`
		Form   string `placeholder:"text|json" help:"A form."`
		Kind   string `enum:"one,two" default:"one" help:"A kind."`
		Name   string `required:"" help:"Any name."`
		Dev    bool   `help:"A switch."`
		Secret string `hidden:""`
	} `cmd:"" help:"Serve: until the end."`
	Config struct {
		Check struct{} `cmd:"" help:"Check."`
		Print struct {
			JSON bool `name:"json" help:".dots and 'quotes' and \\ and -"`
		} `cmd:"" help:"Print."`
	} `cmd:"" help:"The configuration."`
	Show struct {
		Room string `arg:"" help:"A room."`
	} `cmd:"" help:"Show."`
}

func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := kong.New(new(sample), kong.Name("civic-realtime"), kong.Description("A program."))
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// complete returns what bash offers after words; the last of them is the one that is completed.
func complete(t *testing.T, words ...string) []string {
	t.Helper()
	var script bytes.Buffer
	if err := Bash(&script, model(t)); err != nil {
		t.Fatal(err)
	}
	script.WriteString("\nCOMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))\n_civic_realtime\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n")
	cmd := exec.Command("bash", append([]string{"-euc", script.String(), "bash", "civic-realtime"}, words...)...)
	cmd.Dir = t.TempDir()
	if err := os.MkdirAll(filepath.Join(cmd.Dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cmd.Dir, "file.yml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !(strings.Contains(err.Error(), "exit status 1") && len(out) == 0) {
		t.Fatalf("%v %v: %s", err, exit, out)
	}
	got := strings.Fields(string(out))
	slices.Sort(got)
	return got
}

// TestBash shows what bash really offers: commands, flags, the values of a flag, and files.
func TestBash(t *testing.T) {
	for _, test := range []struct{ words, want string }{
		{"x:", "--help config serve show"},
		{"x:se", "serve"},
		{"serve x:--", "--config --data --dev --form --help --kind --name"},
		{"serve x:--d", "--data --dev"},
		{"config x:", "--help check print"},
		{"config print x:--j", "--json"},
		{"serve --form x:", "json text"},
		{"serve --form x:t", "text"},
		{"serve --kind x:", "one two"},
		{"serve --config x:f", "file.yml folder"},
		{"serve --data x:f", "folder"},
		{"serve --name x:", ""},
		{"serve --dev x:--na", "--name"},
		{"nonsense x:se", "serve"},
	} {
		before, last, _ := strings.Cut(test.words, "x:")
		got := complete(t, append(strings.Fields(before), last)...)
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, want %s", test.words, got, test.want)
		}
	}
}

// checked checks the syntax of a script with its shell, where that is installed.
func checked(t *testing.T, shell, script string) {
	t.Helper()
	if _, err := exec.LookPath(shell); err != nil {
		return // the caller checks the form, too
	}
	cmd := exec.Command(shell, "-n", "/dev/stdin")
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", shell, err, out)
	}
}

// TestZshAndFish shows that the completions have every command and flag, with descriptions in which
// quotes are escaped, and the values of flags; and that the shells accept them.
func TestZshAndFish(t *testing.T) {
	var zsh, fish bytes.Buffer
	if err := Zsh(&zsh, model(t)); err != nil {
		t.Fatal(err)
	}
	if err := Fish(&fish, model(t)); err != nil {
		t.Fatal(err)
	}
	checked(t, "zsh", zsh.String())
	checked(t, "fish", fish.String())
	for _, want := range []string{"#compdef civic-realtime\n", "'serve:Serve: until the end.'", `'--config:A file; it'\''s YAML.'`, "'serve:--form') compadd text json; return", "'serve:--data') _files -/", "'config print') next=(", "'config'|'config check'|"} {
		if !strings.Contains(zsh.String(), want) {
			t.Errorf("zsh: %q is missing in\n%s", want, &zsh)
		}
	}
	for _, want := range []string{`__civic_realtime_at ''" -a serve -d 'Serve: until the end.'`, `__civic_realtime_at 'serve'" -l config -r -F -d 'A file; it\'s YAML.'`, "-l form -x -a 'text json'", "-l dev -d", "-l name -x -d", `-l json -d '.dots and \'quotes\' and \\ and -'`} {
		if !strings.Contains(fish.String(), want) {
			t.Errorf("fish: %q is missing in\n%s", want, &fish)
		}
	}
	if strings.Contains(zsh.String()+fish.String(), "secret") {
		t.Error("a hidden flag is offered")
	}
}

var page = Page{
	Version: "1.2.3", Exit: []string{"Success.", "Failure."}, Signals: [][2]string{{"SIGHUP", "Reads."}},
	Files: [][2]string{{".civic/realtime.yml", "A file."}}, Environment: "Variables.",
}

// TestMan shows that the manual page has all commands, flags and codes, that no text is taken for a
// request, and that groff renders it without a warning, where it is installed.
func TestMan(t *testing.T) {
	var out bytes.Buffer
	if err := Man(&out, model(t), page); err != nil {
		t.Fatal(err)
	}
	request := regexp.MustCompile(`^\.(TH|SH|SS|TP|B)( |$)`)
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !request.MatchString(strings.TrimSpace(line)) {
			t.Errorf("a text is a request: %s", line)
		}
	}
	text := out.String()
	if _, err := exec.LookPath("groff"); err == nil {
		cmd := exec.Command("groff", "-man", "-ww", "-Tascii", "-P-c", "-P-b", "-P-u", "-rLL=200n")
		cmd.Stdin, cmd.Stderr = &out, os.Stderr
		var warnings bytes.Buffer
		cmd.Stderr = &warnings
		rendered, err := cmd.Output()
		if err != nil || warnings.Len() > 0 {
			t.Errorf("%v: %s", err, &warnings)
		}
		text = string(rendered)
	} else {
		text = strings.NewReplacer(`\-`, "-", `\e`, `\`, `\&`, "").Replace(text)
	}
	for _, want := range []string{"civic-realtime - A program", "civic-realtime serve", "--config FILE", "A file; it's YAML.", "--kind", "--name", "(required)", "--dev", "civic-realtime config print",
		`.dots and 'quotes' and \ and -`, "civic-realtime show [ROOM]", "SIGHUP", ".civic/realtime.yml", "EXIT STATUS", "Failure.", "Variables."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "--secret") {
		t.Error("a hidden flag is described")
	}
}
