package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

// MessagesBody is a page of a thread, oldest first.
type MessagesBody struct {
	Messages   []*portal.Message `json:"messages"`
	NextCursor *string           `json:"nextCursor" doc:"Goes into before, for the page of older messages. Null where the thread begins."`
	Seq        int64             `json:"seq"`
}

// MessageBody is one message.
type MessageBody struct {
	Message *portal.Message `json:"message"`
}

// ReplyBody is what an agent sends.
type ReplyBody struct {
	Text          string `json:"text" minLength:"1" maxLength:"4096" doc:"Not only blanks."`
	ClientID      string `json:"clientId" minLength:"1" maxLength:"200" doc:"The sender's own id, unique in the conversation. The same again, with the same text, is the same message, sent once."`
	SeenMessageID string `json:"seenMessageId,omitempty" maxLength:"255" doc:"The newest message that the agent has seen. If another agent has replied since, nothing is sent: 409 with the newer messages."`
	Force         bool   `json:"force,omitempty" doc:"Send whatever others have replied."`
}

type messagesInput struct {
	ID     string `path:"id"`
	Before string `query:"before" maxLength:"1024" doc:"The nextCursor of the page after. The newest page if absent."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type replyInput struct {
	ID   string `path:"id"`
	Body ReplyBody
}

type replyOutput struct {
	Status int
	Body   MessageBody
}

func (s *server) messageRoutes(api huma.API) {
	const tag = "Messages"
	handle(s, api, call{id: "listMessages", method: http.MethodGet, path: "/api/conversations/{id}/messages", tag: tag,
		summary: "Read a thread, newest page first", errors: []int{http.StatusNotFound}}, s.messages)
	handle(s, api, call{id: "reply", method: http.MethodPost, path: "/api/conversations/{id}/messages", tag: tag, summary: "Reply",
		about:  "Answers 201 as soon as the message is durable, and 200 if it was sent before. What becomes of it is told live by message:delivered.",
		status: http.StatusCreated, errors: []int{http.StatusNotFound, http.StatusForbidden, http.StatusConflict}, may: s.Desk.CanChange}, s.reply)
}

func (s *server) messages(ctx context.Context, who portal.Identity, in *messagesInput) (*body[MessagesBody], error) {
	page, err := s.Desk.Messages(ctx, who, in.ID, in.Before, in.Limit)
	if err != nil {
		return nil, err
	}
	return &body[MessagesBody]{MessagesBody{Messages: notNil(page.Messages), NextCursor: page.NextCursor, Seq: page.Seq}}, nil
}

func (s *server) reply(ctx context.Context, who portal.Identity, in *replyInput) (*replyOutput, error) {
	m, created, err := s.Desk.Reply(ctx, who, in.ID, desk.ReplyInput{Text: in.Body.Text, ClientID: in.Body.ClientID,
		SeenMessageID: in.Body.SeenMessageID, Force: in.Body.Force})
	if err != nil {
		return nil, err
	}
	out := &replyOutput{Status: http.StatusOK, Body: MessageBody{m}}
	if created {
		out.Status = http.StatusCreated
	}
	return out, nil
}
