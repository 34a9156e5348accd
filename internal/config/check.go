package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const minSecret = 32 // bytes; RFC 7518 section 3.2 asks as many of an HS256 key

// checker turns words into values and keeps the first complaint.
type checker struct{ err error }

// complain takes the setting's flag, from which its variable's name follows. Values aren't shown: some are secret.
func (c *checker) complain(flag, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%s (--%s) %s", variable(flag), flag, fmt.Sprintf(format, args...))
	}
}

func variable(flag string) string {
	return "PORTAL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func (c *checker) portal(a portalArgs, db Database) Portal {
	return Portal{
		Addr:           c.addr("addr", a.Addr, "127.0.0.1:8080"),
		Database:       db,
		BrokerURL:      c.broker(a.BrokerURL),
		InboundQueue:   c.queueName("inbound-queue", a.InboundQueue, "INBOUND_WHATSAPP_MESSAGES"),
		StatusQueue:    c.statusQueue(a),
		JWTSecret:      c.secret(a.JWTSecret),
		AccessTTL:      c.duration("access-ttl", a.AccessTTL, 15*time.Minute),
		RefreshTTL:     c.duration("refresh-ttl", a.RefreshTTL, 720*time.Hour),
		LogRetention:   c.duration("log-retention", a.LogRetention, 72*time.Hour),
		AllowedOrigins: c.origins(a.AllowedOrigins),
		TrustedProxies: c.proxies(a.TrustedProxies),
		GraphURL:       c.base("graph-url", a.GraphURL, "https://graph.facebook.com"),
		Log:            c.log(a.logArgs),
	}
}

func (c *checker) addr(flag, value, standard string) string {
	if value == "" {
		return standard
	}
	_, port, err := net.SplitHostPort(value)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		c.complain(flag, "is %q: write HOST:PORT, such as %s", value, standard)
	}
	return value
}

func (c *checker) database(value, standardPath string) Database {
	const flag = "database-url"
	if value == "" {
		return Database{SQLitePath: standardPath}
	}
	if path, ok := strings.CutPrefix(value, "sqlite:"); ok {
		if path == "" {
			c.complain(flag, "names no file: write sqlite:PATH, such as sqlite:data/portal.db")
		}
		return Database{SQLitePath: path}
	}
	if u, err := url.Parse(value); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && u.Host+u.RawQuery != "" {
		return Database{PostgresURL: value}
	}
	c.complain(flag, "is no database: write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")
	return Database{}
}

func (c *checker) broker(value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "amqp" && u.Scheme != "amqps") || u.Host == "" {
		c.complain("broker-url", "is no broker: write amqp://USER:PASSWORD@HOST:5672/ or amqps://…, or leave it empty for the embedded queue")
	}
	return value
}

// queueName holds to AMQP's limit, and off the names that brokers keep for themselves.
func (c *checker) queueName(flag, value, standard string) string {
	if value == "" {
		return standard
	}
	if len(value) > 250 || strings.HasPrefix(value, "amq.") || strings.HasSuffix(value, ".dead") {
		c.complain(flag, "can't name a queue: write at most 250 bytes, not starting with amq. and not ending in .dead")
	}
	return value
}

func (c *checker) statusQueue(a portalArgs) string {
	name := c.queueName("status-queue", a.StatusQueue, "WHATSAPP_STATUS_UPDATES")
	if name == c.queueName("inbound-queue", a.InboundQueue, "INBOUND_WHATSAPP_MESSAGES") {
		c.complain("status-queue", "is the queue of inbound messages too: write another name")
	}
	return name
}

func (c *checker) secret(value string) []byte {
	if value != "" && len(value) < minSecret {
		c.complain("jwt-secret", "has %d bytes: write at least %d, or leave it empty and one is made", len(value), minSecret)
	}
	return []byte(value)
}

func (c *checker) duration(flag, value string, standard time.Duration) time.Duration {
	if value == "" {
		return standard
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < time.Second {
		c.complain(flag, "is %q: write a duration of at least 1s, such as %s", value, short(standard))
	}
	return d
}

// short is how people write whole hours and minutes.
func short(d time.Duration) string {
	if d%time.Hour == 0 {
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/time.Minute)) + "m"
}

func (c *checker) origins(value string) []string {
	var origins []string
	for _, written := range list(value) {
		origin, ok := Origin(written)
		if !ok {
			c.complain("allowed-origins", "holds %q: write origins like https://desk.example.com, with commas between them", written)
		}
		origins = append(origins, origin)
	}
	return origins
}

// Origin gives an origin the form in which browsers send it (RFC 6454 section 6.2): lower case, without the
// scheme's own port. A slash at the end is forgiven; wildcards and "null" are no origins.
func Origin(s string) (string, bool) {
	u, err := url.Parse(strings.ToLower(strings.TrimSuffix(s, "/")))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || strings.Contains(u.Host, "*") {
		return "", false
	}
	if u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	host := u.Host
	if port := u.Port(); (u.Scheme == "http" && port == "80") || (u.Scheme == "https" && port == "443") {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host, true
}

func (c *checker) proxies(value string) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, written := range list(value) {
		prefix, err := netip.ParsePrefix(written)
		if addr, addrErr := netip.ParseAddr(written); err != nil && addrErr == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			c.complain("trusted-proxies", "holds %q: write addresses or networks like 10.0.0.0/8, with commas between them", written)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes
}

// base is the beginning of other addresses.
func (c *checker) base(flag, value, standard string) string {
	if value == "" {
		return standard
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		c.complain(flag, "is no web address: write something like %s", standard)
	}
	return strings.TrimRight(value, "/")
}

func (c *checker) log(a logArgs) Log {
	var l Log
	if a.LogLevel != "" && l.Level.UnmarshalText([]byte(a.LogLevel)) != nil {
		c.complain("log-level", "is %q: write debug, info, warn or error", a.LogLevel)
	}
	switch strings.ToLower(a.LogFormat) {
	case "", "text":
	case "json":
		l.JSON = true
	default:
		c.complain("log-format", "is %q: write text or json", a.LogFormat)
	}
	if a.LogLevel == "" {
		l.Level = slog.LevelInfo
	}
	return l
}

func (c *checker) simulate(a simulateArgs) *Simulate {
	s := &Simulate{
		File:      a.File,
		PortalURL: c.base("url", a.PortalURL, "http://127.0.0.1:8080"),
		GraphAddr: c.addr("graph-addr", a.GraphAddr, "127.0.0.1:8090"),
		Log:       c.log(a.logArgs),
	}
	var err error
	if s.Customers, err = strconv.Atoi(a.Customers); err != nil || s.Customers < 1 || s.Customers > 1_000_000 {
		c.complain("customers", "is %q: write a number from 1 to 1000000", a.Customers)
	}
	if s.Rate, err = strconv.ParseFloat(a.Rate, 64); err != nil || !(s.Rate > 0 && s.Rate <= 100_000) {
		c.complain("rate", "is %q: write messages a second, above 0 and at most 100000", a.Rate)
	}
	return s
}

// list splits at commas and drops what is empty.
func list(value string) []string {
	var items []string
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
