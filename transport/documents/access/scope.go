package access

import (
	"fmt"
	"slices"
	"strings"
)

// Scope is something that a program may do.
type Scope string

// The scopes.
const (
	Read          Scope = "documents:read"
	Write         Scope = "documents:write"
	Create        Scope = "documents:create"
	Delete        Scope = "documents:delete"
	List          Scope = "documents:list"
	VersionsRead  Scope = "versions:read"
	VersionsWrite Scope = "versions:write"
	TokensCreate  Scope = "tokens:create"
	PresenceWrite Scope = "presence:write"
)

// all are all scopes.
var all = []Scope{
	Read, Write, Create, Delete, List, VersionsRead, VersionsWrite, TokensCreate, PresenceWrite,
}

// accesses are the scopes that the access of a token's claim stands for.
var accesses = map[string][]Scope{
	"read":  {Read, List, VersionsRead},
	"write": {Read, List, VersionsRead, Write, Create, VersionsWrite, PresenceWrite},
	"admin": all,
}

// ParseScopes returns the scopes of those names. Its error names one that is none.
func ParseScopes(names []string) (scopes []Scope, err error) {
	for _, name := range names {
		if !slices.Contains(all, Scope(name)) {
			return nil, fmt.Errorf("%q is no scope; there are %s", name, Names())
		}
		scopes = append(scopes, Scope(name))
	}
	return scopes, nil
}

// Names returns the names of all scopes, for messages.
func Names() string {
	var names []string
	for _, s := range all {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}
