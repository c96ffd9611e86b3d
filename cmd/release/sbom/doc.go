// Package sbom writes what a release is made of as a document of SPDX 2.3 in JSON
// (https://spdx.github.io/spdx-spec/v2.3): the archives, the binaries in them, and the modules of
// Go and npm packages that each binary is built of.
//
// Files, in layers; each uses only what is listed before it:
//
//	spdx.go        the objects of SPDX
//	components.go  foreign code as packages
//	document.go    the document of a release
package sbom
