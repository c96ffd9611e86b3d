package standin

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

const sessionLife = 24 * time.Hour

func shippedRoles() map[string][]string {
	view := []string{"records:view"}
	edit := []string{"records:edit", "records:view_unpublished", "templates:view"}
	review := slices.Concat(view, edit)
	return map[string][]string{
		"admin":      {"*", "records:edit", "records:view"},
		"clerk":      slices.Concat(review, []string{"records:create"}),
		"legal_dept": review, // may edit, but not create
		"public":     view,
		"suspended":  {},
	}
}

func signingKey(secret string) []byte {
	raw, err := hex.DecodeString(secret)
	if err != nil {
		panic("standin: the secret is not hexadecimal")
	}
	key, err := hkdf.Key(sha256.New, raw, []byte("civicpress-secrets-v1"), "session:signing", 32)
	if err != nil {
		panic(err)
	}
	return key
}

// Login makes a session, and its user if there is none, with a role, and returns the token.
func (a *API) Login(username, role string) (token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.login(username, role)
}

func (a *API) login(username, role string) (token string) {
	if a.users[username] == nil {
		a.users[username] = &user{id: len(a.users) + 1, username: username, name: "The " + username}
	}
	a.users[username].role = role
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	token = a.Sign(hex.EncodeToString(raw))
	a.sessions[token] = session{username, a.opt.Now().Add(sessionLife)}
	return token
}

// Sign returns a token with a valid signature and without a session.
func (a *API) Sign(raw string) string {
	mac := hmac.New(sha256.New, a.key)
	mac.Write([]byte(raw))
	return raw + "." + hex.EncodeToString(mac.Sum(nil))
}

// SetRole changes the role of a user, whose sessions stay.
func (a *API) SetRole(username, role string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.users[username].role = role
}

// SetPermissions sets the permissions of a role.
func (a *API) SetPermissions(role string, permissions ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.roles[role] = permissions
}

// Revoke ends the session of a token.
func (a *API) Revoke(token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.sessions, token)
}

func (a *API) bearer(token string) *user {
	s, ok := a.sessions[token]
	if !ok || !a.opt.Now().Before(s.expires) {
		return nil
	}
	return a.users[s.username]
}

func (a *API) can(u *user, permission string) bool {
	if u == nil {
		return false
	}
	may := a.roles[u.role]
	return slices.Contains(may, permission) || slices.Contains(may, "*")
}

// email returns an address, which the client must not pass on.
func (u *user) email() string { return u.username + "@private.example" }

func (a *API) profile(u *user) object {
	return object{
		"id": u.id, "username": u.username, "role": u.role, "email": u.email(), "name": u.name,
		"avatar_url": nil, "email_verified": true, "permissions": a.roles[u.role],
	}
}

func (a *API) simulated(q query) reply {
	in := struct{ Username, Role string }{Role: "public"}
	if err := json.Unmarshal(q.body, &in); err != nil || in.Username == "" {
		return failure(http.StatusBadRequest, "MISSING_USERNAME", "Username is required")
	}
	if a.roles[in.Role] == nil {
		return failure(http.StatusBadRequest, "INVALID_ROLE", "Invalid role: "+in.Role)
	}
	token := a.login(in.Username, in.Role)
	return success(http.StatusOK, object{"session": object{
		"token": token, "user": a.profile(a.users[in.Username]),
		"expiresAt": a.sessions[token].expires.UTC().Format(time.RFC3339),
	}})
}

func (a *API) me(q query) reply {
	if q.token == "" {
		return failure(http.StatusUnauthorized, "MISSING_AUTH", "Authorization header required")
	}
	if q.user == nil {
		return failure(http.StatusUnauthorized, "INVALID_TOKEN", "Invalid or expired token")
	}
	return success(http.StatusOK, object{"user": a.profile(q.user)})
}

func (a *API) logout(q query) reply {
	if q.token == "" {
		return failure(http.StatusUnauthorized, "MISSING_AUTH", "Authorization header required")
	}
	delete(a.sessions, q.token)
	return success(http.StatusOK, object{"message": "Logged out successfully"})
}

// editors makes h answer editors only, like the API's middleware.
func (a *API) editors(h func(query) reply) func(query) reply {
	return func(q query) reply {
		switch {
		case q.token == "":
			return failure(http.StatusForbidden, "CSRF_TOKEN_MISSING", "CSRF token is required")
		case q.user == nil:
			return reply{http.StatusUnauthorized, object{
				"error": "Invalid token", "message": "The provided token is invalid or expired",
			}}
		case !a.can(q.user, "records:edit"):
			return reply{http.StatusForbidden, object{"error": object{
				"message": "Permission denied: Cannot edit records",
				"code":    "INSUFFICIENT_PERMISSIONS", "required": "records:edit",
				"user": object{"id": q.user.id, "username": q.user.username, "role": q.user.role},
			}}}
		}
		return h(q)
	}
}
