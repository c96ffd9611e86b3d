package documents

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// Of several nodes, each has the versions on its disk that were made by themselves while it had the
// room. Such a version has an id here that no other one has on any disk: the time when it was made,
// and its number there. Lists have those of all nodes, and requests about one are passed on to the
// node that has it.

// firstDiskID is the least id of a version on the disk of one of several nodes: of November 2004.
const firstDiskID = 1 << 50

// numberBits is how many bits of such an id are of the version's number on the disk. The others are
// the time in milliseconds. So JavaScript can represent the ids of the next 200 years.
const numberBits = 10

// publicID returns the id of a version in this API.
func (s *Server) publicID(v engine.Version) uint64 {
	if s.cfg.Nodes == nil || !s.cfg.OnDisk(v.ID) {
		return v.ID
	}
	return uint64(createdAt(v).UnixMilli())<<numberBits | v.ID&(1<<numberBits-1)
}

// storeID returns the id of a version in this node's store; 0 stands for the present document. Its
// error may be engine.ErrNoVersion.
func (s *Server) storeID(ctx context.Context, key roomkey.Key, id uint64) (uint64, error) {
	switch {
	case s.cfg.Nodes == nil, id == 0:
		return id, nil
	case id < firstDiskID && s.cfg.OnDisk(id):
		return 0, engine.ErrNoVersion // any node may have one
	case id < firstDiskID:
		return id, nil
	}
	all, err := s.cfg.Engine.Versions(ctx, key)
	for _, v := range all {
		if s.cfg.OnDisk(v.ID) && s.publicID(v) == id {
			return v.ID, nil
		}
	}
	return 0, cmp.Or(err, engine.ErrNoVersion)
}

// diskVersion returns the version on a disk that a request is about; 0 if it is about none, or must
// be answered by the node that has the room. Of two that are compared it is the newer, as that one
// says who wrote what: the older is fetched from where it is (readAnywhere).
func (c *route) diskVersion(r *request) uint64 {
	if strings.HasSuffix(c.path, "/restore") {
		return 0
	}
	ids := []string{r.PathValue("version")}
	for _, name := range strings.Fields(c.query) {
		if name == "to" || name == "version" {
			ids = append(ids, r.URL.Query().Get(name))
		}
	}
	for _, text := range ids {
		if id := parseVersion(text); id >= firstDiskID {
			return id
		}
	}
	return 0
}

// atDisk has the node that has a version on its disk answer a request about it.
func (s *Server) atDisk(c *route, r *request, id uint64) error {
	key, err := r.room()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	if _, err := s.storeID(ctx, key, id); err == nil {
		return c.handle(s, r)
	}
	address, err := s.holder(ctx, r, id)
	if err != nil {
		return explain(err)
	}
	return s.passOn(r, address, r.Body)
}

// holder returns the address of the other node that has a version on its disk.
func (s *Server) holder(ctx context.Context, r *request, id uint64) (address string, err error) {
	lists, partial := s.otherVersions(ctx, r)
	for address, list := range lists {
		for _, v := range list {
			if v.ID == idOf(id) {
				return address, nil
			}
		}
	}
	if partial {
		return "", problem(http.StatusServiceUnavailable, api.Unavailable,
			"a node that may have the version does not answer")
	}
	return "", engine.ErrNoVersion
}

// otherVersions returns the versions of a room that other nodes list, by the addresses of these.
// partial reports that a node does not answer.
func (s *Server) otherVersions(ctx context.Context, r *request) (
	lists map[string][]Version, partial bool,
) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var asked sync.WaitGroup
	var mu sync.Mutex // guards the results
	lists = map[string][]Version{}
	for _, node := range s.cfg.Nodes.Others() {
		asked.Go(func() {
			list, err := s.versionsAt(ctx, r, node.Address)
			mu.Lock()
			defer mu.Unlock()
			lists[node.Address] = list
			if err != nil {
				partial = true
				s.log.Warn("node does not answer", slog.String("node", node.Address),
					slog.String("reason", err.Error()))
			}
		})
	}
	asked.Wait()
	return lists, partial
}

// versionsAt returns the versions of a room that another node lists; none if it has no such room.
func (s *Server) versionsAt(
	ctx context.Context, r *request, address string,
) (all []Version, err error) {
	list := VersionList{}
	for more := true; more; more = list.NextAfter != "" {
		query := url.Values{"limit": {strconv.Itoa(httpapi.MaxPageLimit)}}
		if list.NextAfter != "" {
			query.Set("after", list.NextAfter)
		}
		list = VersionList{}
		body, status, err := s.ask(ctx, r, address, versionsPath(r)+"?"+query.Encode())
		if err == nil && status == http.StatusOK {
			err = json.Unmarshal(body, &list)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, list.Versions...)
	}
	return all, nil
}

// versionsPath returns the path of the versions of the room in the path of a request.
func versionsPath(r *request) string {
	return Path + "/" + url.PathEscape(r.PathValue("room")) + "/versions"
}

// ask sends a request without a body to another node, which answers for itself.
func (s *Server) ask(ctx context.Context, r *request, address, path string) (
	body []byte, status int, err error,
) {
	out, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, 0, err
	}
	if err := identify(out, r); err != nil {
		return nil, 0, err
	}
	answer, err := s.cfg.Nodes.Call(ctx, address, out)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return body, answer.StatusCode, err
}

// allVersions returns the versions of a room on all nodes, by their ids.
func (s *Server) allVersions(ctx context.Context, r *request, mine []Version) (
	all []Version, partial bool,
) {
	lists, partial := s.otherVersions(ctx, r)
	all = mine
	for _, list := range lists {
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b Version) int {
		return cmp.Compare(parseVersion(a.ID), parseVersion(b.ID))
	})
	return slices.CompactFunc(all, func(a, b Version) bool { return a.ID == b.ID }), partial
}

// restoreDisk restores a version that is on the disk of this node or of another one.
func (s *Server) restoreDisk(
	ctx context.Context, r *request, key roomkey.Key, id uint64, by engine.Author,
) (kept uint64, err error) {
	then, err := s.readAnywhere(ctx, r, key, id)
	if err != nil {
		return 0, err
	}
	blob, err := snapshot.Append(nil, then, snapshot.Raw)
	if err != nil {
		return 0, err
	}
	return s.cfg.Engine.RestoreSnapshotAs(ctx, key, blob, id, by)
}

// readAnywhere returns the document of a version that this node has, or another one on its disk; of
// one of another node it is not known who wrote what, and of which incarnation it is.
func (s *Server) readAnywhere(
	ctx context.Context, r *request, key roomkey.Key, id uint64,
) (then snapshot.Snapshot, err error) {
	switch here, err := s.storeID(ctx, key, id); {
	case err == nil:
		return s.cfg.Engine.ReadVersion(ctx, key, here)
	case id < firstDiskID:
		return then, err
	}
	address, err := s.holder(ctx, r, id)
	if err != nil {
		return then, err
	}
	body, status, err := s.ask(ctx, r, address, versionsPath(r)+"/"+idOf(id)+"?format="+formatYjs)
	if err == nil && status != http.StatusOK {
		err = engine.ErrNoVersion // it was deleted meanwhile
	}
	then.State = body
	return then, err
}
