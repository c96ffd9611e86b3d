package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// load reads a configuration file; without a name, there is none. A key it does
// not know is an error: a misspelt one would otherwise silently not be set.
func load(name string) (config, error) {
	var file struct {
		Realtime config `yaml:"realtime"`
	}
	if name == "" {
		return file.Realtime, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return config{}, err
	}
	err = yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&file)
	if err != nil && !errors.Is(err, io.EOF) {
		return config{}, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, false))
	}
	return file.Realtime, nil
}

// count is a number above zero, or zero when the file does not have it.
type count int

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (n *count) UnmarshalYAML(node ast.Node) error {
	v, err := strconv.Atoi(node.GetToken().Value)
	if err != nil || v <= 0 {
		return badValue(node, "a whole number above 0")
	}
	*n = count(v)
	return nil
}

// duration is a time above zero, or zero when the file does not have it.
type duration time.Duration

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (d *duration) UnmarshalYAML(node ast.Node) error {
	v, err := time.ParseDuration(node.GetToken().Value)
	if err != nil || v <= 0 {
		return badValue(node, "a time above 0 with its unit, such as 100ms or 30s")
	}
	*d = duration(v)
	return nil
}

func badValue(node ast.Node, want string) error {
	at := node.GetToken().Position
	return fmt.Errorf("[%d:%d] %q is not %s", at.Line, at.Column, node.GetToken().Value, want)
}
