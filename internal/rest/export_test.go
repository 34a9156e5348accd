package rest

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// ClientAddress is for the tests of the outside.
var ClientAddress = clientAddress

// Patterns are the routes that New registers, as the mux knows them.
func Patterns(c Config) []string {
	s, calls := newServer(c), &calls{mux: http.NewServeMux()}
	s.routes(humago.New(calls, s.humaConfig()), calls)
	return calls.patterns
}
