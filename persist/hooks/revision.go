package hooks

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Revision identifies a state of a document as the receiver has it: its ETag, or a hash of the
// content if the receiver names none. "" is the state of a document that the receiver does not have
// yet. It is stored as text, in this form.
type Revision string

const (
	etagPrefix = "e:"
	hashPrefix = "c:"
	// maxETag is the longest ETag that is used, in bytes. A longer one counts as none.
	maxETag = 400
)

// revisionOf returns the revision of a content.
func revisionOf(etag string, content []byte) Revision {
	if etag = strings.TrimSpace(etag); etag != "" && len(etag) <= maxETag {
		return Revision(etagPrefix + etag)
	}
	sum := sha256.Sum256(content)
	return Revision(hashPrefix + base64.RawStdEncoding.EncodeToString(sum[:]))
}

// ETag returns the ETag of a revision, "" if it has none.
func (r Revision) ETag() string {
	etag, _ := strings.CutPrefix(string(r), etagPrefix)
	if etag == string(r) {
		return ""
	}
	return etag
}
