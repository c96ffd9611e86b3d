package admin

import "net/http"

// routes returns all routes. Those of profiles are there if profile is set.
func routes(profile bool) []route {
	get, post, del := http.MethodGet, http.MethodPost, http.MethodDelete
	all := []route{
		{method: get, path: "/healthz", open: true, produces: jsonType, handle: (*Server).healthz},
		{method: get, path: "/readyz", open: true, produces: jsonType, handle: (*Server).readyz},
		{method: get, path: "/version", produces: jsonType, handle: (*Server).version},
		{method: get, path: "/metrics", produces: metricsType, handle: (*Server).writeMetrics},
		{method: get, path: "/openapi.json", produces: jsonType, handle: (*Server).openAPI},

		{method: get, path: "/v1/status", produces: jsonType, handle: (*Server).status},
		{method: get, path: "/v1/events", produces: eventsType, handle: (*Server).events},
		{method: post, path: "/v1/notice", produces: jsonType, handle: (*Server).noticeAll},
		{method: get, path: "/v1/log-level", produces: jsonType, handle: (*Server).logLevels},
		{method: http.MethodPut, path: "/v1/log-level", produces: jsonType, handle: (*Server).setLogLevels},
		{method: post, path: "/v1/reload", produces: jsonType, handle: (*Server).reload},
		{method: post, path: "/v1/backup", produces: binaryType, handle: (*Server).backup},
		{method: post, path: "/v1/drain", produces: jsonType, handle: (*Server).drain},

		{method: get, path: "/v1/rooms", produces: jsonType, handle: (*Server).rooms},
		{method: get, path: "/v1/rooms/{room}", produces: jsonType, handle: (*Server).room},
		{method: post, path: "/v1/rooms/{room}/lock", produces: jsonType, handle: (*Server).lock},
		{method: post, path: "/v1/rooms/{room}/unlock", produces: jsonType, handle: (*Server).unlock},
		{method: post, path: "/v1/rooms/{room}/kick", produces: jsonType, handle: (*Server).kick},
		{method: post, path: "/v1/rooms/{room}/notice", produces: jsonType, handle: (*Server).noticeRoom},
		{method: post, path: "/v1/rooms/{room}/snapshot", produces: jsonType, handle: (*Server).snapshot},
		{method: post, path: "/v1/rooms/{room}/refresh", produces: jsonType, handle: (*Server).refresh},
		{method: post, path: "/v1/rooms/{room}/evict", produces: jsonType, handle: (*Server).evict},
		{method: get, path: "/v1/locks", produces: jsonType, handle: (*Server).locks},

		{method: get, path: "/v1/connections", produces: jsonType, handle: (*Server).connections},
		{method: del, path: "/v1/connections/{connection}", produces: jsonType, handle: (*Server).disconnect},
		{method: post, path: "/v1/users/{user}/disconnect", produces: jsonType, handle: (*Server).disconnectUser},
		{method: get, path: "/v1/bans", produces: jsonType, handle: (*Server).bans},
		{method: del, path: "/v1/bans/{user}", produces: jsonType, handle: (*Server).unban},
	}
	if profile {
		all = append(all, route{
			method: get, path: "/v1/profile/{name}", produces: binaryType,
			handle: (*Server).profile,
		})
	}
	return all
}
