package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/ops"
)

// DeadLettersBody is what could never be applied, oldest first.
type DeadLettersBody struct {
	DeadLetters []ops.Letter `json:"deadLetters"`
}

type deadLettersInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type deadLetterInput struct {
	Queue string `path:"queue" doc:"The queue that the message was taken from."`
	Key   string `path:"key"`
}

func (s *server) deadLetterRoutes(api huma.API) {
	const tag, path = "Dead letters", "/api/dead-letters"
	either := []int{http.StatusForbidden, http.StatusNotFound}
	handle(s, api, call{id: "listDeadLetters", method: http.MethodGet, path: path, tag: tag, summary: "Messages and reports that could never be applied (admins)",
		errors: []int{http.StatusForbidden}}, s.deadLetters)
	handle(s, api, call{id: "republishDeadLetter", method: http.MethodPost, path: path + "/{queue}/{key}/republish", tag: tag, summary: "Try one again (admins)",
		about: "Puts it at the end of its queue.", status: http.StatusNoContent, errors: either}, s.republish)
	handle(s, api, call{id: "discardDeadLetter", method: http.MethodDelete, path: path + "/{queue}/{key}", tag: tag, summary: "Throw one away (admins)",
		status: http.StatusNoContent, errors: either}, s.discard)
}

func (s *server) deadLetters(ctx context.Context, who portal.Identity, in *deadLettersInput) (*body[DeadLettersBody], error) {
	letters, err := s.DeadLetters.List(ctx, who, in.Limit)
	if err != nil {
		return nil, err
	}
	return &body[DeadLettersBody]{DeadLettersBody{notNil(letters)}}, nil
}

func (s *server) republish(ctx context.Context, who portal.Identity, in *deadLetterInput) (*none, error) {
	return nil, s.DeadLetters.Republish(ctx, who, in.Queue, in.Key)
}

func (s *server) discard(ctx context.Context, who portal.Identity, in *deadLetterInput) (*none, error) {
	return nil, s.DeadLetters.Discard(ctx, who, in.Queue, in.Key)
}
