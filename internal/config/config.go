package config

import (
	"log/slog"
	"net/netip"
	"time"
)

// Portal is what a running portal is set to.
type Portal struct {
	Addr           string // host:port to listen on; port 0 takes a free one
	Database       Database
	BrokerURL      string // empty: the embedded queue
	InboundQueue   string
	StatusQueue    string
	JWTSecret      []byte // empty: made on first start and kept in the database
	AccessTTL      time.Duration
	RefreshTTL     time.Duration
	LogRetention   time.Duration
	AllowedOrigins []string       // as browsers write them: scheme://host[:port], lower case
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	GraphURL       string         // without a slash at the end
	Log            Log
}

// Database is where the data lives: exactly one of the fields is set.
type Database struct {
	SQLitePath  string
	PostgresURL string
}

// Log is how the program talks to its operator.
type Log struct {
	Level slog.Level
	JSON  bool
}

// Serve is the command serve.
type Serve struct{ Portal }

// Demo is the command demo: a portal with seeded tenants and simulated customers.
type Demo struct {
	Portal
	// Quiet starts no simulated customers: whoever tries the page writes alone.
	Quiet bool
}

// Seed is the command seed.
type Seed struct {
	Database Database
	File     string // "-" is standard input
	Log      Log
}

// Simulate is the command simulate: customers and their phones against a running portal.
type Simulate struct {
	PortalURL string  // without a slash at the end
	GraphAddr string  // where the simulated Graph API listens
	File      string  // the seed file whose tenants are played; "": the demo's
	Customers int     // of each tenant
	Rate      float64 // messages a second over all customers
	Log       Log
}

// Migrate is the command migrate.
type Migrate struct {
	Database Database
	NewEpoch bool // the database was restored: positions of clients mean nothing any more
	Log      Log
}
