// Package app has the configuration of civic-realtime (file, environment, flags) and its wiring: it
// is the only place that knows every package. New returns a server for a Config; OpenStore opens
// the store of a stopped server.
//
// The package is large because each section of the file has its own, beside the code that gives it
// to the part that it configures. Packages settings and logs have what does not depend on sections.
//
// Files, in layers; each uses only what is listed before it:
//
//	build.go logsink.go logging.go units.go           the program; its log; times
//	metrics.go words.go                               the metrics of all parts; words of keys
//	features.go documents.go drain.go hocuspocus.go memory.go jwt.go tls.go admin.go api.go
//	suspicious.go trail.go foreign.go redis.go openredis.go
//	webhooks.go
//	                                                  sections of the file; keys of others
//	civicpress.go records.go cluster.go hooks.go      CivicPress' API; records; nodes; hooks
//	config.go                                         the configuration
//	address.go authority.go commands.go lists.go switches.go nodes.go apicheck.go endpoints.go
//	certificates.go peers.go openhooks.go             of listeners; the parts that call hooks
//	announce.go check.go parts.go store.go storeddocument.go
//	                                                  a Config is checked, announced, converted
//	node.go examineredis.go                           one of several nodes
//	examinehooks.go examinewebhooks.go                what doctor calls
//	flags.go print.go examine.go open.go programs.go tokenkey.go openwebhooks.go
//	                                                  file, environment, flags; outputs; wiring
//	adminclients.go adminwebhooks.go totals.go        what the admin API asks of the parts
//	server.go reload.go adminconfig.go adminserve.go  the program as a whole
package app
