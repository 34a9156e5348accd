// Package config reads the portal's settings and commands, once, at start: from environment variables and from
// flags, which win. What is wrong is told in one line that names the setting and says what to write instead.
//
// The values it returns are checked and ready for use; nothing else in the program looks at the environment.
// Secrets are never part of an error.
package config
