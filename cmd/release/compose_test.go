package main

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestCompose shows that the example for Docker Compose fits the image: it mounts a volume at its
// place of data, maps its port, and takes away every right that it does not need.
func TestCompose(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/operations/compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Build struct{ Context, Dockerfile string }
			Image string

			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
			SecurityOpt []string `yaml:"security_opt"`

			Ports, Volumes, Secrets []string
			Environment             map[string]string
		}
		Volumes, Secrets map[string]any
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	s := file.Services["civic-realtime"]
	m := &image{t: t, labels: map[string]string{}, variables: map[string]string{}}
	for _, i := range parseDockerfile(t, "Dockerfile") {
		if i.Keyword == "VOLUME" || i.Keyword == "EXPOSE" {
			m.do(i)
		}
	}
	if _, err := os.Stat(root + "/docs/operations/" + s.Build.Context + "/" + s.Build.Dockerfile); err != nil {
		t.Error(err)
	}
	name, place, _ := strings.Cut(strings.Join(s.Volumes, " "), ":")
	if _, ok := file.Volumes[name]; !ok || place != m.volume {
		t.Errorf("volumes %q", s.Volumes)
	}
	if _, ok := file.Secrets[strings.Join(s.Secrets, " ")]; !ok || s.Environment["CIVIC_REALTIME_CIVICPRESS_SECRET_FILE"] != "/run/secrets/"+s.Secrets[0] {
		t.Errorf("secrets %q", s.Secrets)
	}
	port := strings.Join(m.ports, " ")
	if strings.Join(s.Ports, " ") != "127.0.0.1:"+port+":"+port || !s.ReadOnly || strings.Join(s.CapDrop, " ") != "ALL" || strings.Join(s.SecurityOpt, " ") != "no-new-privileges:true" {
		t.Errorf("%+v", s)
	}
}
