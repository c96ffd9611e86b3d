package admin

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/authorship"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// converting calls f, which reads a document, when few others are being read.
func (s *Server) converting(ctx context.Context, f func() error) error {
	readers := s.current.Load().readers
	select {
	case readers <- struct{}{}:
		defer func() { <-readers }()
	case <-ctx.Done():
		s.metrics.refused[readersRefused].Inc()
		return httpapi.Problem(http.StatusServiceUnavailable, api.Unavailable,
			"admin.max_readers documents are being read")
	}
	return f()
}

// versionOfQuery returns a parameter that is the number of a version; 0, the present document,
// without it.
func versionOfQuery(q *httpapi.Query, name string) uint64 {
	text := q.Text(name)
	id, err := strconv.ParseUint(text, 10, 64)
	if text != "" && (err != nil || id == 0) {
		q.Wrong(name, "must be the number of a version")
	}
	return id
}

// authors answers with the parts of a document, and who wrote each.
func (s *Server) authors(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	id := versionOfQuery(q, "version")
	if err := q.Err(); err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		answer := authorship.Authors{Room: key.String()}
		err := s.converting(ctx, func() error {
			all, err := s.cfg.Engine.Authors(ctx, key, id)
			answer.Parts = httpapi.Converted(all, authorship.PartOf)
			return s.onOtherDisk(r, id, err)
		})
		if err != nil {
			return err
		}
		s.did(r, "read authors", slog.String("room", answer.Room), slog.Uint64("version", id))
		return httpapi.Answer(w, http.StatusOK, answer)
	})
}

// toNode is the parameter with the name of the node whose disk has the newer of two versions. That
// node answers, as its version says who wrote what.
const toNode = "to_node"

// compare answers with the differences between two versions, of which either may be the present
// document.
func (s *Server) compare(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	from, to := versionOfQuery(q, "from"), versionOfQuery(q, "to")
	node, _ := q.Text("from_node"), q.Text(toNode)
	if err := q.Err(); err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		answer := authorship.Comparison{Room: key.String()}
		err := s.converting(ctx, func() error {
			old, err := s.readAt(ctx, r, key, from, node)
			if err != nil {
				return s.onOtherDisk(r, from, err)
			}
			all, err := s.cfg.Engine.Compare(ctx, key, old, to)
			answer.Changes = httpapi.Converted(all, authorship.ChangeOf)
			return s.onOtherDisk(r, to, err)
		})
		if err != nil {
			return err
		}
		s.did(r, "compare", slog.String("room", answer.Room), slog.Uint64("version", to))
		return httpapi.Answer(w, http.StatusOK, answer)
	})
}

// readAt returns the document of a version that a node has on its disk, or that this one can read
// if none is named. The present document, 0, is read at the node that has the room.
func (s *Server) readAt(
	ctx context.Context, r *http.Request, key roomkey.Key, id uint64, node string,
) (then snapshot.Snapshot, err error) {
	address := ""
	switch {
	case node != "":
		address, err = s.addressOf(node)
	case id == 0 && s.cfg.Nodes != nil:
		address, err = s.cfg.Nodes.Owner(ctx, key.String())
	}
	if err != nil {
		return then, err
	}
	if address == "" {
		return s.cfg.Engine.ReadVersion(ctx, key, id)
	}
	version := currentVersion
	if id != 0 {
		version = strconv.FormatUint(id, 10)
	}
	blob, err := s.versionAt(ctx, r, address, version)
	if err != nil {
		return then, err
	}
	return snapshot.Decode(blob, maxPart)
}

// DocumentTree is the answer of GET /v1/rooms/{room}/tree.
type DocumentTree struct {
	Room string `json:"room"`
	contents.Tree
}

const (
	treeNodes    = 2000   // of a tree, unless a request asks for more or fewer
	maxTreeNodes = 20_000 // of the largest one
	treeBytes    = 1 << 20
	treeDepth    = 100
)

// tree answers with a document as a tree of its shared types.
func (s *Server) tree(w http.ResponseWriter, r *http.Request) error {
	q := httpapi.NewQuery(r)
	id, root := versionOfQuery(q, "version"), q.Text("root")
	limits := contents.TreeLimits{
		Nodes: q.Number("limit", treeNodes, 1, maxTreeNodes), Bytes: treeBytes, Depth: treeDepth,
	}
	if err := q.Err(); err != nil {
		return err
	}
	return steer(r, func(ctx context.Context, key roomkey.Key) error {
		answer := DocumentTree{Room: key.String()}
		err := s.converting(ctx, func() (err error) {
			answer.Tree, err = s.cfg.Tree(ctx, key, id, root, limits)
			return s.onOtherDisk(r, id, err)
		})
		if err != nil {
			return err
		}
		s.did(r, "read version", slog.String("room", answer.Room), slog.Uint64("version", id))
		return httpapi.Answer(w, http.StatusOK, answer)
	})
}
