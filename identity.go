package portal

// Role is what a user may do.
type Role string

// The roles.
const (
	RoleAdmin  Role = "admin"  // an agent who also manages users, settings and dead letters
	RoleAgent  Role = "agent"  // reads and writes
	RoleViewer Role = "viewer" // reads, never writes
)

// Valid tells whether r is one of the roles.
func (r Role) Valid() bool { return r == RoleAdmin || r == RoleAgent || r == RoleViewer }

// CanWrite tells whether r may change anything.
func (r Role) CanWrite() bool { return r == RoleAdmin || r == RoleAgent }

// User is someone who can sign in. Emails are unique over all tenants, since
// signing in asks for nothing else; they are compared in lower case.
type User struct {
	ID           string
	TenantID     string
	Email        string
	Name         string
	Role         Role
	PasswordHash string // argon2id in PHC form; never leaves the server
}

// Person is a user as others see them.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Identity is who is acting: a user of a tenant, in one signed-in session.
type Identity struct {
	UserID    string
	TenantID  string
	SessionID string
	Email     string
	Name      string
	Role      Role
}
