// Package console tests the operators' console in a headless Chromium, on the built binary, with
// real clients in the rooms that it shows.
//
// It has tests only. driver.mjs is a browser that executes their commands; pages are found as
// people find them, by roles and names. A test fails when a page of it writes an error or a warning
// into its console, throws, makes a request that fails, or breaks its content security policy.
// TestLooks leaves pictures of every page in bin/screenshots.
//
// They need redis-server and Chromium on the PATH (or its path in CHROMIUM), Node 20 or later, and
// `npm ci` in this folder and in the folder above, whose clients they use.
package console
