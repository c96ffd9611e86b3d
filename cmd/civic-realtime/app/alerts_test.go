package app

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/goccy/go-yaml"
)

// operations is the folder with the alerts and the dashboard.
const operations = "../../../docs/operations"

// exposed is what a server writes: names, with the values of each label.
type exposed map[string]map[string][]string

// expose returns what a server with all parts writes, and what Prometheus adds.
func expose(t *testing.T) exposed {
	t.Helper()
	all := exposed{"up": {}}
	for _, sample := range series(t, newMetered(t).text()) {
		name, _, _ := strings.Cut(sample, "{")
		if all[name] == nil {
			all[name] = make(map[string][]string)
		}
		for _, l := range label.FindAllStringSubmatch(sample, -1) {
			all[name][l[1]] = append(all[name][l[1]], l[2])
		}
	}
	for _, labels := range all {
		labels["job"], labels["instance"] = []string{"civic-realtime"}, []string{"a"}
	}
	return all
}

// wrong lists the names and labels of an expression that a server does not write.
func (all exposed) wrong(expr string) (found []string) {
	parsed, err := metricsql.Parse(expr)
	if err != nil {
		return []string{err.Error()}
	}
	var names, grouped []string
	metricsql.VisitAll(parsed, func(e metricsql.Expr) {
		switch e := e.(type) {
		case *metricsql.MetricExpr:
			for _, filters := range e.LabelFilterss {
				names = append(names, filters[0].Value)
				found = append(found, all.wrongFilters(filters)...)
			}
		case *metricsql.AggrFuncExpr:
			grouped = append(grouped, e.Modifier.Args...)
		}
	})
	for _, name := range grouped {
		if !slices.ContainsFunc(names, func(of string) bool { return all[of][name] != nil }) {
			found = append(found, "no metric has the label "+name)
		}
	}
	if len(names) == 0 {
		found = append(found, "no metric")
	}
	return found
}

func (all exposed) wrongFilters(filters []metricsql.LabelFilter) (found []string) {
	name := filters[0].Value
	if filters[0].Label != "__name__" || all[name] == nil {
		return []string{"there is no metric " + name}
	}
	for _, f := range filters[1:] {
		matches := func(v string) bool { return v == f.Value }
		if f.IsRegexp {
			matches = regexp.MustCompile("^(?:" + f.Value + ")$").MatchString
		}
		if !slices.ContainsFunc(all[name][f.Label], matches) {
			found = append(found, name+" has no "+f.Label+" "+f.Value)
		}
	}
	return found
}

// TestWrongExpressions shows which expressions are reported.
func TestWrongExpressions(t *testing.T) {
	all := expose(t)
	for expr, ok := range map[string]bool{
		`up == 0`: true, `realtime_rooms > 1`: true, `realtime_room > 1`: false, `realtime_rooms > `: false, `1 > 2`: false,
		`realtime_connections_closed_total{code="4503"}`: true, `realtime_connections_closed_total{code="4999"}`: false,
		`realtime_connections_closed_total{code=~"45.."}`: true, `realtime_connections_closed_total{code=~"9.."}`: false,
		`realtime_rooms{room="a"}`: false, `sum by (code) (realtime_connections_closed_total)`: true, `sum by (code) (realtime_rooms)`: false,
		`rate(realtime_join_seconds_bucket[5m])`: true, `rate(realtime_join_seconds[5m])`: false,
	} {
		if found := all.wrong(expr); (len(found) == 0) != ok {
			t.Errorf("%s: %q", expr, found)
		}
	}
}

// alertRules is a file of rules for Prometheus.
type alertRules struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

// readYAML reads a file of the folder operations.
func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(operations, name))
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(name, err)
	}
}

// TestAlerts shows that the alerts use what a server writes, that each has a section in alerts.md
// and both tests, and that there are no others.
func TestAlerts(t *testing.T) {
	all := expose(t)
	var r alertRules
	readYAML(t, "alerts.yml", &r)
	var tests struct{ Tests []struct{ Name string } }
	readYAML(t, "alerts.test.yml", &tests)
	tested := make(map[string]bool)
	for _, test := range tests.Tests {
		tested[test.Name] = true
	}
	text, err := os.ReadFile(filepath.Join(operations, "alerts.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(string(text), -1)
	n := 0
	for _, g := range r.Groups {
		for _, a := range g.Rules {
			if found := all.wrong(a.Expr); len(found) > 0 {
				t.Errorf("%s: %q", a.Alert, found)
			}
			if n == len(sections) || sections[n][1] != a.Alert {
				t.Errorf("%s is not section %d of alerts.md", a.Alert, n)
				n--
			}
			n++
			link := "/docs/operations/alerts.md#" + strings.ToLower(a.Alert)
			if a.Annotations["summary"] == "" || a.Annotations["description"] == "" || !strings.HasSuffix(a.Annotations["runbook_url"], link) {
				t.Errorf("%s: %q", a.Alert, a.Annotations)
			}
			if s := a.Labels["severity"]; s != "critical" && s != "warning" {
				t.Errorf("%s: severity %q", a.Alert, s)
			}
			if !tested[a.Alert+" fires"] || !tested[a.Alert+" does not fire"] {
				t.Errorf("%s has not both tests", a.Alert)
			}
		}
	}
	if n < len(sections) || n < 20 || len(tests.Tests) != 2*n {
		t.Errorf("%d alerts, %d sections, %d tests", n, len(sections), len(tests.Tests))
	}
}

// TestPromtoolRules runs the rules and their tests with Prometheus' own program, where it is
// installed.
func TestPromtoolRules(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool is not installed: apt-get install --no-install-recommends prometheus")
		return
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts.test.yml"}} {
		run := exec.Command(promtool, args...)
		run.Dir = operations
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

// panel is a panel of a dashboard.
type panel struct {
	Title, Description, Type string
	GridPos                  struct{ H, W, X, Y int }
	Targets                  []struct{ Expr string }
	FieldConfig              struct{ Defaults struct{ Unit string } }
}

// TestDashboard shows that the panels of the dashboard use what a server writes, have a unit and do
// not overlap.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(operations, "grafana.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d struct{ Panels []panel }
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	all, used, taken := expose(t), 0, make(map[[2]int]string)
	variables := strings.NewReplacer("$__rate_interval", "5m", "$job", "civic-realtime", "$instance", "a")
	for _, p := range d.Panels {
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Errorf("%q overlaps %q, or is too wide", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		for _, target := range p.Targets {
			used++
			if found := all.wrong(variables.Replace(target.Expr)); len(found) > 0 {
				t.Errorf("%q: %q", p.Title, found)
			}
		}
		if row := p.Type == "row"; !row && (len(p.Targets) == 0 || p.FieldConfig.Defaults.Unit == "") {
			t.Errorf("%q has %d expressions, and the unit %q", p.Title, len(p.Targets), p.FieldConfig.Defaults.Unit)
		}
	}
	for _, name := range regexp.MustCompile(`realtime_[a-z_]+`).FindAllString(string(text), -1) {
		if all[name] == nil {
			t.Errorf("there is no metric %s", name)
		}
	}
	if used < 40 {
		t.Errorf("%d expressions are too few", used)
	}
}
