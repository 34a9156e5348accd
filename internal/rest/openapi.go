package rest

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal/internal/schema"
)

// openAPI is the document of all registered calls, with what the generator can't know put right.
func (s *server) openAPI(api huma.API) *huma.OpenAPI {
	doc := api.OpenAPI()
	describeBeside(doc)
	schema.Tighten(doc.Components.Schemas)
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				describeHeaders(op)
				if op.Security == nil {
					op.Security = []map[string][]string{{}} // said outright: nothing is needed
				}
			}
		}
	}
	if reply := doc.Paths["/api/conversations/{id}/messages"].Post; reply != nil {
		reply.Responses["200"] = &huma.Response{Description: "It was sent before, by a call with the same clientId",
			Content: reply.Responses["201"].Content}
	}
	return doc
}

// describeHeaders documents the headers that answers carry beside their bodies.
func describeHeaders(op *huma.Operation) {
	header := func(status, name, about string) {
		if answer := op.Responses[status]; answer != nil {
			if answer.Headers == nil {
				answer.Headers = map[string]*huma.Header{}
			}
			answer.Headers[name] = &huma.Param{Description: about, Schema: &huma.Schema{Type: huma.TypeString}}
		}
	}
	header("429", "Retry-After", "Seconds to wait.")
	header("503", "Retry-After", "Seconds to wait.")
	header("401", "WWW-Authenticate", "Bearer.")
}
