package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

// ConversationsBody is a page of the list. Seq is the log position that it reflects: events above it come on top.
type ConversationsBody struct {
	Conversations []*portal.Conversation `json:"conversations"`
	NextCursor    *string                `json:"nextCursor" doc:"Null on the last page."`
	UnreadTotal   int                    `json:"unreadTotal" doc:"Unread messages of all the tenant's conversations, whatever is filtered."`
	Seq           int64                  `json:"seq"`
}

// ConversationBody is one conversation as of Seq.
type ConversationBody struct {
	Conversation *portal.Conversation `json:"conversation"`
	Seq          int64                `json:"seq"`
}

// ChangedConversationBody is a conversation after a change, or as it was if there was nothing to change.
type ChangedConversationBody struct {
	Conversation *portal.Conversation `json:"conversation"`
}

// ContactConversationsBody is all there was with one contact, newest first.
type ContactConversationsBody struct {
	Conversations []*portal.Conversation `json:"conversations"`
	Seq           int64                  `json:"seq"`
}

// AssignBody names who takes a conversation; null takes it from everyone.
type AssignBody struct {
	UserID *string `json:"userId" maxLength:"255"`
}

// StatusBody says what a conversation becomes.
type StatusBody struct {
	Status string `json:"status" enum:"active,closed"`
}

type listInput struct {
	Status   string `query:"status" enum:"active,closed" doc:"All if absent."`
	Assignee string `query:"assignee" maxLength:"255" doc:"A user id, me, or unassigned. Anyone if absent."`
	Search   string `query:"search" maxLength:"256" doc:"A literal part of the contact's name or number, in any case."`
	Sort     string `query:"sort" enum:"lastActivity,createdAt,unread" doc:"lastActivity if absent. Newest or most first."`
	Cursor   string `query:"cursor" maxLength:"1024" doc:"The nextCursor of the page before, with the same filters."`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type conversationInput struct {
	ID string `path:"id"`
}

type contactInput struct {
	ContactID string `path:"contactId"`
}

type assignInput struct {
	ID   string `path:"id"`
	Body AssignBody
}

type statusInput struct {
	ID   string `path:"id"`
	Body StatusBody
}

func (s *server) conversationRoutes(api huma.API) {
	const tag = "Conversations"
	missing := []int{http.StatusNotFound}
	denied := []int{http.StatusNotFound, http.StatusForbidden}
	handle(s, api, call{id: "listConversations", method: http.MethodGet, path: "/api/conversations", tag: tag, summary: "List conversations"}, s.list)
	handle(s, api, call{id: "getConversation", method: http.MethodGet, path: "/api/conversations/{id}", tag: tag, summary: "Get a conversation", errors: missing}, s.conversation)
	handle(s, api, call{id: "contactConversations", method: http.MethodGet, path: "/api/contacts/{contactId}/conversations", tag: tag, summary: "All conversations with one contact", errors: missing}, s.contactConversations)
	handle(s, api, call{id: "assignConversation", method: http.MethodPost, path: "/api/conversations/{id}/assign", tag: tag, summary: "Assign to someone, or to nobody", errors: denied, may: s.Desk.CanChange}, s.assign)
	handle(s, api, call{id: "setConversationStatus", method: http.MethodPost, path: "/api/conversations/{id}/status", tag: tag, summary: "Close or reopen",
		about: "Reopening is a conflict while the contact has another active conversation.", errors: append(denied, http.StatusConflict), may: s.Desk.CanChange}, s.setStatus)
	handle(s, api, call{id: "readConversation", method: http.MethodPost, path: "/api/conversations/{id}/read", tag: tag, summary: "Mark as read", errors: denied}, s.read)
}

func (s *server) list(ctx context.Context, who portal.Identity, in *listInput) (*body[ConversationsBody], error) {
	page, err := s.Desk.Conversations(ctx, who, desk.ListInput{Status: in.Status, Assignee: in.Assignee, Search: in.Search,
		Sort: in.Sort, Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return &body[ConversationsBody]{ConversationsBody{Conversations: notNil(page.Conversations), NextCursor: page.NextCursor,
		UnreadTotal: page.UnreadTotal, Seq: page.Seq}}, nil
}

func (s *server) conversation(ctx context.Context, who portal.Identity, in *conversationInput) (*body[ConversationBody], error) {
	c, seq, err := s.Desk.Conversation(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return &body[ConversationBody]{ConversationBody{Conversation: c, Seq: seq}}, nil
}

func (s *server) contactConversations(ctx context.Context, who portal.Identity, in *contactInput) (*body[ContactConversationsBody], error) {
	convs, seq, err := s.Desk.ContactConversations(ctx, who, in.ContactID)
	if err != nil {
		return nil, err
	}
	return &body[ContactConversationsBody]{ContactConversationsBody{Conversations: convs, Seq: seq}}, nil
}

func (s *server) assign(ctx context.Context, who portal.Identity, in *assignInput) (*body[ChangedConversationBody], error) {
	return changed(s.Desk.Assign(ctx, who, in.ID, in.Body.UserID))
}

func (s *server) setStatus(ctx context.Context, who portal.Identity, in *statusInput) (*body[ChangedConversationBody], error) {
	return changed(s.Desk.SetStatus(ctx, who, in.ID, portal.ConversationStatus(in.Body.Status)))
}

func (s *server) read(ctx context.Context, who portal.Identity, in *conversationInput) (*body[ChangedConversationBody], error) {
	return changed(s.Desk.Read(ctx, who, in.ID))
}

func changed(c *portal.Conversation, err error) (*body[ChangedConversationBody], error) {
	if err != nil {
		return nil, err
	}
	return &body[ChangedConversationBody]{ChangedConversationBody{c}}, nil
}

// notNil keeps an empty list from becoming null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
