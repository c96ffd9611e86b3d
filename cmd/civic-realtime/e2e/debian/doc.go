// Package debian tests the Debian package: it is installed, upgraded, removed and purged on a small
// Debian with a systemd of its own, while real clients type.
//
// It has tests only. They need root on a Linux with a control group of version 2, debootstrap, Node
// 20 or later and `npm ci` in the folder above. The Debian is fetched once from the mirror of apt,
// into bin/debian, and each test gets a copy of it that is written to memory or disk only where it
// changes (overlayfs). Its systemd runs in namespaces of its own, network and processes included.
// Users that are not root are told so: the content of the package is tested in cmd/release/debian.
package debian
