package admin

import "net/http"

// routes returns all routes. Those of profiles are there if profile is set.
func routes(profile bool) []route {
	get, post := http.MethodGet, http.MethodPost
	all := []route{
		{method: get, path: "/healthz", open: true, produces: jsonType, handle: (*Server).healthz},
		{method: get, path: "/readyz", open: true, produces: jsonType, handle: (*Server).readyz},
		{method: get, path: "/version", produces: jsonType, handle: (*Server).version},
		{method: get, path: "/metrics", produces: metricsType, handle: (*Server).writeMetrics},
		{method: get, path: "/openapi.json", produces: jsonType, handle: (*Server).openAPI},
		{method: post, path: "/v1/drain", produces: jsonType, handle: (*Server).drain},
	}
	if profile {
		all = append(all, route{
			method: get, path: "/v1/profile/{name}", produces: binaryType,
			handle: (*Server).profile,
		})
	}
	return all
}
