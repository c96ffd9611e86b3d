package kubernetes

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const (
	manifests  = "../../../../docs/operations/kubernetes/"
	dockerfile = "../../../release/Dockerfile"
)

// files are those with manifests. kustomization.yaml names them.
var files = []string{"nodes.yaml", "services.yaml", "policies.yaml", "redis.yaml", "ingress.yaml"}

// object is a part of a manifest.
type object map[string]any

// at returns what is below the keys. Of a list it takes the first element.
func (o object) at(keys ...string) any {
	var v any = map[string]any(o)
	for _, k := range keys {
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

// read returns all documents of a file.
func read(t *testing.T, name string) (all []object) {
	t.Helper()
	text, err := os.ReadFile(manifests + name)
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var o object
		if err := d.Decode(&o); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, o)
	}
}

// find returns the manifest of a kind with a name.
func find(t *testing.T, kind, name string) object {
	t.Helper()
	for _, file := range files {
		for _, o := range read(t, file) {
			if o["kind"] == kind && o.at("metadata", "name") == name {
				return o
			}
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return nil
}

// pod is the key of what a StatefulSet's pods are.
var pod = []string{"spec", "template", "spec"}

// container returns something of the only container of a StatefulSet.
func container(set object, keys ...string) any {
	return set.at(slices.Concat(pod, []string{"containers"}, keys)...)
}

// TestSchemas shows that each manifest has the form that Kubernetes asks for, without a field that
// it does not know, and that the check finds one.
func TestSchemas(t *testing.T) {
	t.Parallel()
	var paths []string
	for _, name := range files {
		paths = append(paths, manifests+name)
	}
	if out, err := exec.Command("node", append([]string{"schemas.mjs"}, paths...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(manifests + "nodes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	os.WriteFile(wrong, bytes.Replace(text, []byte("failureThreshold: 2"), []byte("failureTreshold: 2"), 1), 0o600)
	if out, err := exec.Command("node", "schemas.mjs", wrong).CombinedOutput(); err == nil || !strings.Contains(string(out), "failureTreshold") {
		t.Errorf("a misspelled field: %v\n%s", err, out)
	}
}

// TestManifestsFitTogether shows that what one manifest says of another is so: names of files,
// ports, labels and volumes.
func TestManifestsFitTogether(t *testing.T) {
	t.Parallel()
	listed := read(t, "kustomization.yaml")[0]
	text, _ := os.ReadFile(manifests + "kustomization.yaml")
	for _, name := range files {
		if !slices.Contains(listed["resources"].([]any), any(name)) && !strings.Contains(string(text), "# - "+name) {
			t.Errorf("kustomization.yaml does not name %s", name)
		}
	}
	for set, services := range map[string][]string{"civic-realtime": {"civic-realtime", "civic-realtime-nodes"}, "civic-realtime-redis": {"civic-realtime-redis"}} {
		nodes := find(t, "StatefulSet", set)
		labels := nodes.at("spec", "template", "metadata", "labels")
		ports := container(nodes, "ports").([]any)
		for _, name := range services {
			s := find(t, "Service", name)
			if !equal(s.at("spec", "selector"), labels) {
				t.Errorf("service %s does not choose the pods of %s", name, set)
			}
			want, number := s.at("spec", "ports", "targetPort"), s.at("spec", "ports", "port")
			if !slices.ContainsFunc(ports, func(p any) bool {
				o := object(p.(map[string]any))
				return o["name"] == want && o["containerPort"] == number
			}) {
				t.Errorf("the pods of %s have no port %v with number %v", set, want, number)
			}
		}
		if policy := find(t, "NetworkPolicy", set); !equal(policy.at("spec", "podSelector", "matchLabels"), labels) {
			t.Errorf("the network policy %s is not for the pods", set)
		}
		for key, want := range map[string]any{"runAsNonRoot": true} {
			if have := nodes.at(append(slices.Clone(pod), "securityContext", key)...); have != want {
				t.Errorf("%s of %s is %v", key, set, have)
			}
		}
		if container(nodes, "securityContext", "readOnlyRootFilesystem") != true || container(nodes, "securityContext", "allowPrivilegeEscalation") != false {
			t.Errorf("the container of %s may change its files, or gain rights", set)
		}
	}
}

func equal(a, b any) bool {
	x, _ := yaml.Marshal(a)
	y, _ := yaml.Marshal(b)
	return bytes.Equal(x, y)
}

// TestManifestsFitTheImage shows that the pods run as the user of the image, keep data where the
// image expects it, and listen at the port that it exposes.
func TestManifestsFitTheImage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	nodes := find(t, "StatefulSet", "civic-realtime")
	uid := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindSubmatch(text)
	if uid == nil {
		t.Fatal("the image has no user")
	}
	for i, key := range []string{"runAsUser", "runAsGroup"} {
		if have := nodes.at(append(slices.Clone(pod), "securityContext", key)...); marshal(have) != string(uid[1+i]) {
			t.Errorf("%s is %v, the image has %s", key, have, uid[1+i])
		}
	}
	volume := regexp.MustCompile(`(?m)^VOLUME \["(.*)"\]$`).FindSubmatch(text)
	if volume == nil || container(nodes, "volumeMounts", "mountPath") != string(volume[1]) {
		t.Errorf("the data is mounted at %v, the image has it at %s", container(nodes, "volumeMounts", "mountPath"), volume)
	}
	port := regexp.MustCompile(`(?m)^EXPOSE (\d+)$`).FindSubmatch(text)
	if port == nil || marshal(container(nodes, "ports", "containerPort")) != string(port[1]) {
		t.Errorf("the port is %v, the image has %s", container(nodes, "ports", "containerPort"), port)
	}
	if container(nodes, "command") != nil || !strings.Contains(string(text), `ENTRYPOINT ["/civic-realtime"]`) {
		t.Error("the manifest does not leave the program to the image")
	}
}

func marshal(v any) string {
	text, _ := yaml.Marshal(v)
	return strings.TrimSpace(string(text))
}
