// Package schema makes JSON Schemas of the vocabulary from its Go types, so that the documents at
// /api/openapi.json and /api/asyncapi.json say what the program sends and nothing else.
//
// The generator leaves a few things open that the vocabulary knows better: which times can be null, which
// objects can, and which strings are a closed set. Tighten closes them.
package schema

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal"
)

// Prefix begins every reference to a schema, in both documents.
const Prefix = "#/components/schemas/"

// New makes an empty registry that knows the vocabulary's types.
func New() huma.Registry {
	r := huma.NewMapRegistry(Prefix, huma.DefaultSchemaNamer)
	r.RegisterTypeAlias(reflect.TypeFor[portal.Time](), reflect.TypeFor[time.Time]())
	return r
}

// Of puts the schema of a Go type into the registry and returns a reference to it.
func Of(r huma.Registry, t reflect.Type) *huma.Schema { return r.Schema(t, true, t.Name()) }

// notYet are the times that are null until they have come, and absent the objects that are null where there is
// none. All others always stand.
var (
	notYet = []string{"closedAt", "sentAt", "deliveredAt", "readAt", "deadLetteredAt"}
	absent = []string{"assignee", "lastMessage", "error"}
)

// closed are the strings of which only these exist.
var closed = map[reflect.Type][]any{
	reflect.TypeFor[portal.Channel]():            {portal.ChannelWhatsApp, portal.ChannelWebchat},
	reflect.TypeFor[portal.ConversationStatus](): {portal.ConversationActive, portal.ConversationClosed},
	reflect.TypeFor[portal.Direction]():          {portal.Inbound, portal.Outbound},
	reflect.TypeFor[portal.AuthorType]():         {portal.AuthorCustomer, portal.AuthorAgent, portal.AuthorSystem},
	reflect.TypeFor[portal.MessageStatus](): {portal.StatusReceived, portal.StatusQueued, portal.StatusSent,
		portal.StatusDelivered, portal.StatusRead, portal.StatusFailed},
	reflect.TypeFor[portal.Reason](): {portal.ReasonStatus, portal.ReasonMessage, portal.ReasonRead, portal.ReasonContact},
	reflect.TypeFor[portal.Role]():   {portal.RoleAdmin, portal.RoleAgent, portal.RoleViewer},
	reflect.TypeFor[portal.Refusal](): {portal.WhyEmailInUse, portal.WhyEmailInvalid, portal.WhyNameInvalid, portal.WhyPasswordShort, portal.WhyLastAdmin,
		portal.WhyAssigneeUnknown, portal.WhyConversationClosed, portal.WhyNewerConversation, portal.WhyOvertaken, portal.WhyClientIDUsed,
		portal.WhyTextBlank, portal.WhyPhoneNumberInUse, portal.WhyChannelValue, portal.WhyChannelIncomplete, portal.WhyChannelToken,
		portal.WhyChannelNumber, portal.WhyChannelUnreachable, portal.WhyChannelNotTriedHere, portal.WhyMediaGone, portal.WhyTokenMissing, portal.WhyTokenInvalid,
		portal.WhyTokenExpired},
}

// steps are the statuses that a delivery can reach.
var steps = []any{string(portal.StatusSent), string(portal.StatusDelivered), string(portal.StatusRead), string(portal.StatusFailed)}

// Tighten says in every schema of the registry what the generator couldn't know. It is for bodies that are sent:
// an array in them is never null.
func Tighten(r huma.Registry) {
	for name, s := range r.Map() {
		t := r.TypeFromRef(Prefix + name)
		if t == nil || t.Kind() != reflect.Struct {
			continue
		}
		s.AdditionalProperties = true // a later version may say more; what isn't known is ignored
		for _, field := range reflect.VisibleFields(t) {
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			if p := s.Properties[name]; p != nil {
				s.Properties[name] = tighten(p, field.Type, name, strings.Contains(options, "omit"))
			}
			if t == reflect.TypeFor[portal.MessageDeliveredBody]() && field.Type == reflect.TypeFor[portal.MessageStatus]() {
				s.Properties[name].Enum = steps
			}
		}
	}
}

func tighten(s *huma.Schema, t reflect.Type, name string, optional bool) *huma.Schema {
	switch {
	case t == reflect.TypeFor[portal.Time]():
		s.Nullable = slices.Contains(notYet, name)
	case t.Kind() == reflect.Slice:
		s.Nullable = false
	case s.Ref != "" && !optional && slices.Contains(absent, name):
		return &huma.Schema{AnyOf: []*huma.Schema{{Ref: s.Ref}, {Type: "null"}}, Description: s.Description}
	case closed[t] != nil && s.Enum == nil:
		for _, value := range closed[t] {
			s.Enum = append(s.Enum, reflect.ValueOf(value).String())
		}
		s.PrecomputeMessages()
	}
	return s
}
