package api

import "time"

// SignIn is the body with which an operator signs in to the console.
type SignIn struct {
	Token string `json:"token"`
	Name  string `json:"name,omitempty"` // for the log, the audit trail and lists
}

// Session is the session of a browser.
type Session struct {
	SignedIn    bool       `json:"signed_in"`
	TokenNeeded bool       `json:"token_needed"` // false: nobody needs to sign in
	Name        string     `json:"name"`         // of the operator; empty: there is no session
	ExpiresAt   *time.Time `json:"expires_at,omitempty"`
}
