package rest

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal/internal/ops"
	"github.com/agentportal/portal/internal/schema"
)

// plainProblem is an RFC 9457 problem document of those who answer beside the API: a provider looks at the status.
type plainProblem struct {
	Type   string `json:"type" doc:"Always about:blank."`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// verification is what Meta asks a webhook.
var verification = []struct{ name, about string }{
	{"hub.mode", "Always subscribe."},
	{"hub.verify_token", "The verify token of any tenant."},
	{"hub.challenge", "Comes back as it is."},
}

// describeBeside documents what is no part of the API but on the same address: the provider's webhook, and what
// operators ask. internal/whatsapp and internal/ops answer there.
func describeBeside(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas
	readiness := content("application/json", schema.Of(schemas, reflect.TypeFor[ops.Readiness]()))
	alive := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"status": {Type: huma.TypeString}}, Required: []string{"status"}}
	text := content("text/plain", &huma.Schema{Type: huma.TypeString})
	refused := content("application/problem+json", schema.Of(schemas, reflect.TypeFor[plainProblem]()))
	anything := content("application/json", &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true})

	verify := beside("verifyWebhook", "Webhook", "Meta's verification", answers{200: text, 403: refused, 431: refused, 503: refused})
	for _, p := range verification {
		verify.Parameters = append(verify.Parameters, &huma.Param{Name: p.name, In: "query", Required: true, Description: p.about, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	receive := beside("receiveWebhook", "Webhook", "Meta's events", answers{200: nil, 400: refused, 401: refused, 408: refused, 413: refused, 431: refused, 503: refused})
	receive.Description = "200 once all of it is durable. Unknown numbers are ignored. A wrong signature for any of the numbers refuses the whole; up to 4 MiB are taken."
	receive.RequestBody = &huma.RequestBody{Required: true, Content: anything}
	receive.Parameters = []*huma.Param{{Name: "X-Hub-Signature-256", In: "header", Required: true, Schema: &huma.Schema{Type: huma.TypeString},
		Description: "sha256= and the HMAC-SHA256 of the raw body, in hexadecimal, with the app secret of the number's tenant."}}
	wrong := content("application/problem+json", schema.Of(schemas, reflect.TypeFor[Problem]()))
	for name, about := range map[string]string{"openapi": "This document", "asyncapi": "The document of the socket's events and the queues"} {
		doc.Paths["/api/"+name+".json"] = &huma.PathItem{Get: beside(name, "Documents", about, answers{200: anything, 422: wrong, 431: refused})}
	}
	doc.Paths["/webhooks/whatsapp"] = &huma.PathItem{Get: verify, Post: receive}
	doc.Paths["/healthz"] = &huma.PathItem{Get: beside("alive", "Operation", "Does the process run?", answers{200: content("application/json", alive), 431: refused})}
	doc.Paths["/readyz"] = &huma.PathItem{Get: beside("ready", "Operation", "Should it get traffic?", answers{200: readiness, 431: refused, 503: readiness})}
	doc.Paths["/metrics"] = &huma.PathItem{Get: beside("figures", "Operation", "Metrics in Prometheus' text format", answers{200: text, 431: refused})}
}

// answers are an operation's, by status; nil has no body, or none that is described.
type answers map[int]map[string]*huma.MediaType

func content(mediaType string, s *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{mediaType: {Schema: s}}
}

func beside(id, tag, summary string, by answers) *huma.Operation {
	op := &huma.Operation{OperationID: id, Tags: []string{tag}, Summary: summary, Responses: map[string]*huma.Response{}}
	for status, body := range by {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: body}
	}
	return op
}
