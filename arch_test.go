package portal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/agentportal/portal"

// everything lets a package import whatever it likes: the places that wire.
const everything = "*"

// imports is the house's import table: folder → which of our folders its production code may import. The
// vocabulary at the root is written ".". A folder that isn't here fails the test: new rooms are decided, not grown.
var imports = map[string][]string{
	".": nil,

	"engineio/packet":              nil,
	"engineio/internal/ws":         nil, // RFC 6455 frames
	"engineio":                     {"engineio/packet", "engineio/internal/ws"},
	"socketio/packet":              nil,
	"socketio/adapter":             {"socketio/packet"},
	"socketio/adapter/adaptertest": {"socketio/adapter", "socketio/packet"},
	"socketio":                     {"engineio", "engineio/packet", "socketio/packet", "socketio/adapter"},

	"internal/failpoint": nil, // empty but in the binary that a test kills

	"internal/store":           {"."},
	"internal/store/storetest": {".", "internal/store"},
	"internal/store/sqlite":    {".", "internal/store", "internal/failpoint"},
	"internal/store/postgres":  {".", "internal/store", "internal/failpoint"},
	"internal/queue":           {"."},
	"internal/queue/queuetest": {".", "internal/queue"},
	"internal/queue/rabbitmq":  {"internal/queue", "internal/failpoint"},
	"internal/queue/embedded":  {"internal/queue", "internal/failpoint"},

	"internal/desk":     {".", "internal/store", "internal/failpoint"},
	"internal/auth":     {".", "internal/store", "internal/failpoint"},
	"internal/bridge":   {".", "internal/queue", "internal/desk", "internal/failpoint"},
	"internal/relay":    {".", "internal/store"},
	"internal/live":     {".", "internal/bodies", "internal/desk", "internal/relay", "internal/store", "internal/auth", "socketio", "socketio/adapter", "engineio", "internal/failpoint"},
	"internal/schema":   {"."},
	"internal/bodies":   {"."},
	"internal/asyncapi": {".", "internal/schema", "internal/bodies"},
	"internal/door":     nil,
	"internal/rest":     {".", "internal/door", "internal/desk", "internal/auth", "internal/ops", "internal/schema", "internal/asyncapi"},
	"internal/page":     nil,
	"internal/whatsapp": {".", "internal/queue", "internal/desk", "internal/failpoint"},
	"internal/simulate": {"internal/whatsapp"},
	"internal/ops":      {".", "internal/queue", "internal/store", "internal/auth"},
	"internal/config":   nil,

	"web":             nil,
	"cmd/agentportal": {everything},
	"cmd/ioserver":    {"socketio", "engineio"},
	"interop":         nil, // tests only

	"internal/powercut":  nil, // for tests
	"e2e/harness/lockdb": nil, // a program of the tests
}

// goPackage is what `go list -json` tells of a package.
type goPackage struct {
	ImportPath string
	Doc        string
	Standard   bool
	GoFiles    []string
	Imports    []string
}

func (p goPackage) folder() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

func (p goPackage) ours() bool {
	return p.ImportPath == module || strings.HasPrefix(p.ImportPath, module+"/")
}

func list(t *testing.T, args ...string) []goPackage {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Doc,Standard,GoFiles,Imports"}, args...)...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		require.NoError(t, err, string(failed.Stderr))
	}
	require.NoError(t, err)
	var packages []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

func TestImportTable(t *testing.T) {
	for _, p := range list(t, "./...") {
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		allowed, known := imports[p.folder()]
		if bench := strings.HasPrefix(p.folder(), "bench/"); bench {
			allowed, known = []string{everything}, true
		}
		if !known {
			t.Errorf("%s has no row in the import table", p.folder())
		}
		if p.Doc == "" {
			t.Errorf("%s has no package doc", p.folder())
		}
		if slices.Contains(allowed, everything) {
			continue
		}
		for _, path := range p.Imports {
			imported := goPackage{ImportPath: path}
			if imported.ours() && !slices.Contains(allowed, imported.folder()) {
				t.Errorf("%s may not import %s", p.folder(), imported.folder())
			}
		}
	}
}

// TestVocabularyIsStdlibOnly keeps the root free of anything that its users would have to install.
func TestVocabularyIsStdlibOnly(t *testing.T) {
	for _, p := range list(t, "-deps", ".") {
		if !p.Standard && p.folder() != "." {
			t.Errorf("the root depends on %s", p.ImportPath)
		}
	}
}

// TestSocketioStandsAlone lets others use our Socket.IO server without the rest of the house.
func TestSocketioStandsAlone(t *testing.T) {
	for _, p := range list(t, "-deps", "./socketio") {
		protocol := p.ours() && (strings.HasPrefix(p.folder(), "engineio") || strings.HasPrefix(p.folder(), "socketio"))
		if !p.Standard && !protocol {
			t.Errorf("socketio depends on %s", p.ImportPath)
		}
	}
}

func TestFolderNames(t *testing.T) {
	forbidden := []string{"util", "utils", "common", "helper", "helpers", "model", "models", "pkg", "misc", "shared"}
	walk(t, func(path string, d fs.DirEntry) {
		web := strings.HasPrefix(path, "web/") // feature folders there have a shared layer
		if d.IsDir() && slices.Contains(forbidden, d.Name()) && !(web && d.Name() == "shared") {
			t.Errorf("%s says nothing about what is in it", path)
		}
	})
}

func TestFileSize(t *testing.T) {
	const limit = 600
	walk(t, func(path string, d fs.DirEntry) {
		if d.IsDir() || !slices.Contains([]string{".go", ".ts", ".tsx", ".mjs", ".css"}, filepath.Ext(path)) {
			return
		}
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		generated := bytes.Contains(content[:min(len(content), 1000)], []byte("generated"))
		if lines := bytes.Count(content, []byte("\n")); lines > limit && !generated {
			t.Errorf("%s has %d lines; %d is the limit", path, lines, limit)
		}
	})
}

// walk visits the files of the repository, leaving out what is fetched or built.
func walk(t *testing.T, visit func(path string, d fs.DirEntry)) {
	t.Helper()
	built := map[string]bool{".git": true, "node_modules": true, "dist": true, "bin": true, "data": true, "testdata": true,
		"artifacts": true, "test-results": true, "coverage": true}
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && built[d.Name()] {
			return fs.SkipDir
		}
		visit(filepath.ToSlash(path), d)
		return nil
	}))
}

func TestTableRefersToItself(t *testing.T) {
	for folder, allowed := range maps.All(imports) {
		for _, other := range allowed {
			if _, known := imports[other]; !known && other != everything {
				t.Errorf("the row of %s names %s, which has none", folder, other)
			}
		}
	}
}
