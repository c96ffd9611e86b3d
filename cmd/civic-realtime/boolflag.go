package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// boolFlags reads the values of boolean flags as kong does, but its error lists the valid values.
type boolFlags struct{}

// IsBool implements kong.BoolMapper: the flag without a value means true.
func (boolFlags) IsBool() bool { return true }

// Decode implements kong.Mapper.
func (boolFlags) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		target.SetBool(true)
		return nil
	}
	text := fmt.Sprint(ctx.Scan.Pop().Value)
	switch strings.ToLower(text) {
	case "true", "yes", "1":
		target.SetBool(true)
	case "false", "no", "0":
		target.SetBool(false)
	default:
		return fmt.Errorf("%q is none of true, yes, 1, false, no, 0", text)
	}
	return nil
}
