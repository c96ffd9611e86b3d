package yjs

import "errors"

// The errors of updates and state vectors, beside those of lib0 and jsontext.
var (
	ErrClock      = errors.New("clock above 2^53-1")
	ErrClient     = errors.New("client id listed twice")
	ErrSection    = errors.New("section without structs")
	ErrLength     = errors.New("struct or deletion of length zero")
	ErrOrder      = errors.New("delete ranges overlap or descend")
	ErrFuture     = errors.New("struct refers to itself or to its own client's future")
	ErrContentRef = errors.New("unknown content ref")
	ErrTypeRef    = errors.New("unknown type ref")
	ErrParentInfo = errors.New("parent info is neither 0 nor 1")
	ErrDocOptions = errors.New("subdocument options are no object")
	ErrDocOption  = errors.New("subdocument option that no client writes")
)
