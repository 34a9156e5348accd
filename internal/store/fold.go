package store

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold is the form in which names and search terms are compared: any case, any
// Unicode composition. Databases keep it beside the original, because their
// own idea of case ends at ASCII (SQLite) or depends on the server's locale
// (PostgreSQL).
func Fold(s string) string {
	s = norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
	// İ folds to an i with a dot above it, ı to itself. People who search for
	// them type a plain i as often as not.
	return strings.NewReplacer("i̇", "i", "ı", "i").Replace(s)
}
