package yamlfile

import (
	"fmt"
	"reflect"
	"testing"
)

// TestEmbeddedStructs shows that the keys of an embedded struct are keys of the struct around it.
func TestEmbeddedStructs(t *testing.T) {
	type common struct {
		Tries Count `yaml:"tries" alias:"attempts"`
	}
	var into struct {
		Name string `yaml:"name"`
		common
		Last string `yaml:"last"`
	}
	if got := fmt.Sprint(Keys(reflect.TypeOf(into))); got != "[name tries last]" {
		t.Error(got)
	}
	f, err := open(t, "realtime: {name: a, attempts: 3, last: b}")
	if err != nil {
		t.Fatal(err)
	}
	f.Decode("realtime", &into)
	if err := f.Err(); err != nil || into.Tries != 3 || into.Name != "a" || into.Last != "b" {
		t.Errorf("%+v, %v", into, err)
	}
	if Set(&into, Path{"tries"}, "4") != "" || into.Tries != 4 {
		t.Errorf("%+v", into)
	}
}
