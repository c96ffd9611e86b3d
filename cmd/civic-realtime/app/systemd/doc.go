// Package systemd speaks the two protocols that a service has with systemd: sockets that systemd
// has opened for it (sd_listen_fds(3)), and the messages about its state (sd_notify(3)). Both do
// nothing in a process that was started otherwise.
//
// Files, in layers; each uses only what is listed before it:
//
//	sockets.go notify.go
package systemd
