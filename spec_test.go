package portal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	ruleLine = regexp.MustCompile(`(?m)^\s*- \*\*([A-Z][A-Z0-9]*-[0-9]+)\*\*`)
	quote    = regexp.MustCompile(`\b[A-Z][A-Z0-9]*-[0-9]+\b`)
	testFile = regexp.MustCompile(`(_test\.go|\.(test|spec)\.(ts|tsx|mts|mjs|js))$`)
)

// TestEveryRuleHasATest holds docs/spec to what is proven: a rule that no test quotes by its id, a rule that is
// written twice, and a quote of a rule that doesn't exist all fail.
func TestEveryRuleHasATest(t *testing.T) {
	rules := writtenRules(t)
	require.NotEmpty(t, rules)
	quoted := quotedRules(t)
	areas := map[string]bool{}
	for id, place := range rules {
		areas[area(id)] = true
		if len(quoted[id]) == 0 {
			t.Errorf("%s: no test quotes %s", place, id)
		}
	}
	for id, places := range quoted {
		if _, exists := rules[id]; !exists && areas[area(id)] {
			t.Errorf("%s quotes %s, which docs/spec doesn't hold", places[0], id)
		}
	}
}

func area(id string) string {
	name, _, _ := strings.Cut(id, "-")
	return name
}

// writtenRules maps each rule's id to the page that holds it.
func writtenRules(t *testing.T) map[string]string {
	t.Helper()
	pages, err := filepath.Glob("docs/spec/*.md")
	require.NoError(t, err)
	rules := map[string]string{}
	for _, page := range pages {
		content, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range ruleLine.FindAllStringSubmatch(string(content), -1) {
			if other, twice := rules[m[1]]; twice {
				t.Errorf("%s stands in %s and in %s", m[1], other, page)
			}
			rules[m[1]] = page
		}
	}
	return rules
}

// quotedRules maps each id to the tests that name it. Beside test files, the suites that several implementations
// share and the programs under interop are tests.
func quotedRules(t *testing.T) map[string][]string {
	t.Helper()
	quoted := map[string][]string{}
	walk(t, func(path string, d fs.DirEntry) {
		folder := filepath.Base(filepath.Dir(path))
		suite := strings.HasSuffix(folder, "test") && filepath.Ext(path) == ".go"
		interop := slices.Contains(strings.Split(filepath.ToSlash(filepath.Dir(path)), "/"), "interop")
		if d.IsDir() || path == "spec_test.go" || !(testFile.MatchString(path) || suite || interop) {
			return
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, id := range quote.FindAllString(string(content), -1) {
			if !slices.Contains(quoted[id], path) {
				quoted[id] = append(quoted[id], path)
			}
		}
	})
	return quoted
}

// TestContractNamesRules holds the map of the outward contract to rules that exist: no clause is without one.
func TestContractNamesRules(t *testing.T) {
	page, err := os.ReadFile("docs/spec/contract.md")
	require.NoError(t, err)
	rules := writtenRules(t)
	clauses := 0
	for line := range strings.Lines(string(page)) {
		columns := strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | ")
		if !strings.HasPrefix(line, "| ") || columns[0] == "clause" {
			continue
		}
		clauses++
		ids := quote.FindAllString(columns[len(columns)-1], -1)
		if len(columns) != 2 || len(ids) == 0 {
			t.Errorf("no rule holds: %s", columns[0])
		}
		for _, id := range ids {
			if _, exists := rules[id]; !exists {
				t.Errorf("%s: there is no rule %s", columns[0], id)
			}
		}
	}
	require.Greater(t, clauses, 80)
}

// testName is a test that docs/RELIABILITY.md names: code in the last column.
var testName = regexp.MustCompile("`([^`]+)`")

// TestReliabilityNamesTests holds the table of faults to tests that exist.
func TestReliabilityNamesTests(t *testing.T) {
	page, err := os.ReadFile("docs/RELIABILITY.md")
	require.NoError(t, err)
	var tests strings.Builder
	walk(t, func(path string, d fs.DirEntry) {
		folder := filepath.Base(filepath.Dir(path))
		if d.IsDir() || path == "spec_test.go" || !(testFile.MatchString(path) || strings.HasSuffix(folder, "test")) {
			return
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		tests.Write(content)
	})
	rows := 0
	for line := range strings.Lines(string(page)) {
		columns := strings.Split(strings.TrimSpace(line), " | ")
		if len(columns) != 4 || strings.HasPrefix(line, "| fault") {
			continue
		}
		rows++
		names := testName.FindAllStringSubmatch(columns[3], -1)
		if len(names) == 0 {
			t.Errorf("no test is named: %s", columns[0])
		}
		for _, name := range names {
			if !strings.Contains(tests.String(), name[1]) {
				t.Errorf("there is no test %q", name[1])
			}
		}
	}
	require.Greater(t, rows, 20)
}
