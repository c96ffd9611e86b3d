// Package kubernetes tests the manifests in docs/operations/kubernetes: against the schemas of
// Kubernetes, against the program and its image, and by running what the pods run as processes of
// this machine.
//
// It has tests only. They need redis-server, Node 20 or later, and `npm ci` in this folder and in
// the one above.
package kubernetes
