package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// Variables are the names of environment variables.
type Variables struct {
	// Prefix begins all names: "CIVIC_REALTIME_".
	Prefix string
	// Short has the short names of some keys, without the prefix.
	Short map[string]string
	// Other has names that are no keys, without the prefix; the caller reads them.
	Other []string
}

// Name returns the variable of a key.
func (v Variables) Name(key string) string {
	return v.Prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// ReadEnvironment sets all keys whose variables are in environ, in the form of os.Environ. A
// variable without a value counts as absent, unless an empty text is a value of its key. Two
// variables of one key must have the same value. A variable with the prefix that is not known is a
// warning.
func (s *Settings) ReadEnvironment(environ []string, v Variables) {
	keys := make(map[string]string)
	for _, path := range s.keys {
		keys[v.Name(path.String())] = path.String()
	}
	for short, key := range v.Short {
		keys[v.Prefix+short] = key
	}
	values := make(map[string]Origin) // by key: the variable that has set it
	environ = slices.Sorted(slices.Values(environ))
	for _, variable := range environ {
		name, text, _ := strings.Cut(variable, "=")
		switch key, known := keys[name]; {
		case !strings.HasPrefix(name, v.Prefix) || isKubernetes(name, text, v.Prefix):
		case known:
			s.setVariable(key, name, text, values)
		default:
			s.unknown(name, v, keys)
		}
	}
}

// setVariable sets a key to the value of a variable.
func (s *Settings) setVariable(key, name, text string, set map[string]Origin) {
	path := yamlfile.Path(strings.Split(key, "."))
	if text == "" && !yamlfile.TakesEmpty(s.into, path) {
		return
	}
	before := set[key]
	if before.Name != "" && yamlfile.Text(yamlfile.Field(s.into, path)) != text {
		s.Fail(fmt.Errorf("%s and %s are both set, and differ: keep one", before.Name, name))
		return
	}
	set[key] = Origin{From: Environment, Name: name}
	s.Set(key, text, set[key])
}

// isKubernetes reports whether a variable is one that Kubernetes sets in every pod where there is a
// service of the program's name: CIVIC_REALTIME_PORT=tcp://10.0.0.1:3001.
func isKubernetes(name, text, prefix string) bool {
	rest := strings.TrimPrefix(name, prefix)
	for _, begin := range []string{"PORT_", "SERVICE_HOST", "SERVICE_PORT"} {
		if strings.HasPrefix(rest, begin) {
			return true
		}
	}
	return rest == "PORT" && strings.Contains(text, "://")
}

// unknown warns of a variable that is not known.
func (s *Settings) unknown(name string, v Variables, keys map[string]string) {
	var known []string
	for other := range keys {
		known = append(known, other)
	}
	for _, other := range v.Other {
		known = append(known, v.Prefix+other)
	}
	if slices.Contains(known, name) {
		return
	}
	slices.Sort(known)
	warning := name + " has no effect: there is no such setting"
	if near := nearestVariable(name, known, v.Prefix); near != "" {
		warning += "; did you mean " + near + "?"
	}
	s.Remarks = append(s.Remarks, warning)
}

// nearestVariable compares the names without their prefix, which all have.
func nearestVariable(name string, known []string, prefix string) string {
	rests := make([]string, len(known))
	for i, k := range known {
		rests[i] = strings.TrimPrefix(k, prefix)
	}
	near := yamlfile.Nearest(strings.TrimPrefix(name, prefix), rests)
	if near == "" {
		return ""
	}
	return prefix + near
}
