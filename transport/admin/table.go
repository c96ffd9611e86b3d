package admin

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// routes returns all routes. Those of profiles are there if profile is set.
func routes(profile bool) []route {
	all := slices.Concat(serverRoutes, consoleRoutes, roomRoutes, clientRoutes, webhookRoutes)
	if profile {
		all = append(all, route{
			method: get, path: "/v1/profile/{name}", query: "seconds", produces: httpapi.BinaryType,
			handle: (*Server).profile,
		})
	}
	for i := range all {
		all[i].produces = cmp.Or(all[i].produces, httpapi.JSONType)
	}
	return all
}

// serverRoutes are the routes about the process.
var serverRoutes = []route{
	{method: get, path: "/healthz", open: true, handle: (*Server).healthz},
	{method: get, path: "/readyz", open: true, handle: (*Server).readyz},
	{method: get, path: "/version", handle: (*Server).version},
	{method: get, path: "/metrics", produces: httpapi.MetricsType, handle: (*Server).writeMetrics},
	{method: get, path: "/openapi.json", handle: (*Server).openAPI},
	{method: get, path: "/v1/status", handle: (*Server).status},
	{method: get, path: "/v1/nodes", handle: (*Server).nodes},
	{
		method: get, path: "/v1/events",
		query: "kinds room user", produces: httpapi.EventsType, handle: (*Server).events,
	},
	{method: get, path: "/v1/history", handle: (*Server).history},
	{method: get, path: "/v1/live", produces: httpapi.EventsType, handle: (*Server).live},
	{method: post, path: "/v1/notice", handle: (*Server).noticeAll},
	{method: get, path: "/v1/config", handle: (*Server).configuration},
	{method: get, path: "/v1/log-level", handle: (*Server).logLevels},
	{method: put, path: "/v1/log-level", handle: (*Server).setLogLevels},
	{method: post, path: "/v1/reload", handle: (*Server).reload},
	{method: post, path: "/v1/backup", produces: httpapi.BinaryType, handle: (*Server).backup},
	{method: post, path: "/v1/drain", handle: (*Server).drain},
}

// consoleRoutes are those of sessions. They are there with the console only.
var consoleRoutes = []route{
	{method: get, path: sessionPath, open: true, handle: (*Server).session},
	{method: post, path: sessionPath, open: true, handle: (*Server).signIn},
	{method: del, path: sessionPath, open: true, handle: (*Server).signOut},
}

// roomRoutes are the routes about rooms.
var roomRoutes = []route{
	{
		method: get, path: "/v1/rooms",
		query: "sort prefix search kind offset limit", handle: (*Server).rooms,
	},
	{method: get, path: "/v1/rooms/{room}", owned: true, handle: (*Server).room},
	{method: del, path: "/v1/rooms/{room}", owned: true, handle: (*Server).deleteRoom},
	{method: del, path: "/v1/rooms/{room}/tombstone", owned: true, handle: (*Server).undelete},
	{method: post, path: "/v1/rooms/{room}/lock", owned: true, handle: (*Server).lock},
	{method: post, path: "/v1/rooms/{room}/unlock", owned: true, handle: (*Server).unlock},
	{method: post, path: "/v1/rooms/{room}/kick", owned: true, handle: (*Server).kick},
	{method: post, path: "/v1/rooms/{room}/notice", owned: true, handle: (*Server).noticeRoom},
	{method: post, path: "/v1/rooms/{room}/snapshot", owned: true, handle: (*Server).snapshot},
	{method: post, path: "/v1/rooms/{room}/refresh", owned: true, handle: (*Server).refresh},
	{method: post, path: "/v1/rooms/{room}/evict", owned: true, handle: (*Server).evict},
	{method: get, path: "/v1/stored", query: "prefix after limit", handle: (*Server).stored},
	{method: get, path: "/v1/rooms/{room}/versions", handle: (*Server).versions},
	{
		method: get, path: "/v1/rooms/{room}/versions/{version}", query: "format",
		owned: true, produces: httpapi.BinaryType, others: documentTypes,
		handle: (*Server).document,
	},
	{
		method: post, path: "/v1/rooms/{room}/versions", owned: true,
		handle: (*Server).createVersion,
	},
	{
		method: patch, path: "/v1/rooms/{room}/versions/{version}", owned: true,
		handle: (*Server).renameVersion,
	},
	{
		method: del, path: "/v1/rooms/{room}/versions/{version}", owned: true,
		handle: (*Server).deleteVersion,
	},
	{
		method: post, path: "/v1/rooms/{room}/versions/{version}/restore", owned: true,
		ofVersion: true, handle: (*Server).restore,
	},
	{
		method: get, path: "/v1/rooms/{room}/compare", query: "from from_node to " + toNode,
		owned: true, handle: (*Server).compare,
	},
	{
		method: get, path: "/v1/rooms/{room}/authors", query: "version",
		owned: true, handle: (*Server).authors,
	},
	{
		method: get, path: "/v1/rooms/{room}/tree", query: "version root limit",
		owned: true, handle: (*Server).tree,
	},
	{method: get, path: "/v1/locks", query: "offset limit", handle: (*Server).locks},
}

// clientRoutes are the routes about connections and users.
var clientRoutes = []route{
	{
		method: get, path: "/v1/connections",
		query: "room user address after limit", handle: (*Server).connections,
	},
	{
		method: del, path: "/v1/connections/{connection}",
		query: "reason", handle: (*Server).disconnect,
	},
	{method: post, path: "/v1/users/{user}/disconnect", handle: (*Server).disconnectUser},
	{method: get, path: "/v1/bans", query: "offset limit", handle: (*Server).bans},
	{method: del, path: "/v1/bans/{user}", handle: (*Server).unban},
}

// webhookRoutes are the routes about webhooks.
var webhookRoutes = []route{
	{method: get, path: "/v1/webhooks", handle: (*Server).webhooks},
	{
		method: get, path: "/v1/webhooks/messages",
		query: "endpoint parked after limit", handle: (*Server).webhookMessages,
	},
	{method: post, path: "/v1/webhooks/retry", handle: (*Server).retryWebhooks},
	{method: post, path: "/v1/webhooks/drop", handle: (*Server).dropWebhooks},
	{method: post, path: "/v1/webhooks/enable", handle: (*Server).enableWebhook},
	{method: post, path: "/v1/webhooks/test", handle: (*Server).testWebhook},
}
