package config

import "github.com/alecthomas/kong"

// grammar is the command line as kong reads it. Values are kept as they were written; check.go makes sense of
// them, so that a wrong variable and a wrong flag get the same answer.
type grammar struct {
	Version kong.VersionFlag `help:"Print the version and stop."`

	Serve    serveArgs    `cmd:"" help:"Run the portal: migrate the database, then serve until told to stop."`
	Demo     demoArgs     `cmd:"" help:"Try the portal: serve on a database of its own with two companies, their agents and simulated customers."`
	Seed     seedArgs     `cmd:"" help:"Add the tenants and users of a JSON file. Existing users keep their passwords; a second run changes nothing."`
	Simulate simulateArgs `cmd:"" help:"Play customers and their phones against a running portal that was started with --graph-url=http://GRAPH-ADDR."`
	Migrate  migrateArgs  `cmd:"" help:"Bring the database to this version's form and stop."`
}

type serveArgs struct {
	DatabaseURL string `default:"sqlite:data/portal.db" env:"PORTAL_DATABASE_URL" placeholder:"URL" help:"sqlite:PATH (one node) or postgres://USER:PASSWORD@HOST/DATABASE. Default: ${default}."`
	portalArgs
}

type demoArgs struct {
	DatabaseURL string `default:"sqlite:data/demo.db" env:"PORTAL_DATABASE_URL" placeholder:"URL" help:"sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE. Default: ${default}."`
	Quiet       bool   `help:"Start no simulated customers."`
	portalArgs
}

type portalArgs struct {
	Addr           string `default:"127.0.0.1:8080" env:"PORTAL_ADDR" placeholder:"HOST:PORT" help:"Address to listen on. Default: ${default}."`
	BrokerURL      string `default:"" env:"PORTAL_BROKER_URL" placeholder:"URL" help:"Empty: the embedded queue (one node). Otherwise RabbitMQ: amqp://… or amqps://…"`
	InboundQueue   string `default:"INBOUND_WHATSAPP_MESSAGES" env:"PORTAL_INBOUND_QUEUE" placeholder:"NAME" help:"Queue of inbound messages. Default: ${default}."`
	StatusQueue    string `default:"WHATSAPP_STATUS_UPDATES" env:"PORTAL_STATUS_QUEUE" placeholder:"NAME" help:"Queue of delivery reports. Default: ${default}."`
	JWTSecret      string `default:"" env:"PORTAL_JWT_SECRET" placeholder:"SECRET" help:"Key of the access tokens, at least 32 bytes. Empty: made on first start and kept in the database."`
	AccessTTL      string `default:"15m" env:"PORTAL_ACCESS_TTL" placeholder:"DURATION" help:"Life of an access token. Default: ${default}."`
	RefreshTTL     string `default:"720h" env:"PORTAL_REFRESH_TTL" placeholder:"DURATION" help:"Life of a session since its last refresh. Default: ${default}."`
	LogRetention   string `default:"72h" env:"PORTAL_LOG_RETENTION" placeholder:"DURATION" help:"How long events are kept for clients that come back. Default: ${default}."`
	AllowedOrigins string `default:"" env:"PORTAL_ALLOWED_ORIGINS" placeholder:"ORIGIN,…" help:"Further origins whose pages may use REST and sockets. Empty: the portal's own only."`
	TrustedProxies string `default:"" env:"PORTAL_TRUSTED_PROXIES" placeholder:"CIDR,…" help:"Reverse proxies whose X-Forwarded-For names the client. Empty: none."`
	GraphURL       string `default:"https://graph.facebook.com" env:"PORTAL_GRAPH_URL" placeholder:"URL" help:"Base of the WhatsApp Cloud API. Default: ${default}."`
	logArgs
}

type logArgs struct {
	LogLevel  string `default:"info" env:"PORTAL_LOG_LEVEL" placeholder:"LEVEL" help:"debug, info, warn or error. Default: ${default}."`
	LogFormat string `default:"text" env:"PORTAL_LOG_FORMAT" placeholder:"FORMAT" help:"text or json. Default: ${default}."`
}

type seedArgs struct {
	File        string `arg:"" help:"JSON file with the tenants; - for standard input."`
	DatabaseURL string `default:"sqlite:data/portal.db" env:"PORTAL_DATABASE_URL" placeholder:"URL" help:"sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE. Default: ${default}."`
	logArgs
}

type simulateArgs struct {
	File      string `arg:"" optional:"" help:"JSON seed file whose tenants are played: their numbers and app secrets. Without one: the demo's."`
	PortalURL string `name:"url" default:"http://127.0.0.1:8080" env:"PORTAL_URL" placeholder:"URL" help:"Where the portal answers. Default: ${default}."`
	GraphAddr string `default:"127.0.0.1:8090" env:"PORTAL_GRAPH_ADDR" placeholder:"HOST:PORT" help:"Where the simulated Graph API listens. Default: ${default}."`
	Customers string `default:"12" env:"PORTAL_CUSTOMERS" placeholder:"N" help:"Customers of each tenant. Default: ${default}."`
	Rate      string `default:"0.5" env:"PORTAL_RATE" placeholder:"N" help:"Messages a second over all customers. Default: ${default}."`
	logArgs
}

type migrateArgs struct {
	DatabaseURL string `default:"sqlite:data/portal.db" env:"PORTAL_DATABASE_URL" placeholder:"URL" help:"sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE. Default: ${default}."`
	NewEpoch    bool   `help:"Say that the database was restored from a backup: every client then loads afresh."`
	logArgs
}
