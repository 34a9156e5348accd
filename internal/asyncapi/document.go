package asyncapi

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/bodies"
	"github.com/agentportal/portal/internal/schema"
)

// object is a JSON object of the document. The AsyncAPI objects have no Go types of their own: the document is
// written here once and read by other programs only.
type object = map[string]any

// event is one message that passes through a channel.
type event struct {
	name    string
	about   string
	payload reflect.Type
	acked   bool
}

var fromClient = []event{
	{"conversation:join", "Joins a conversation's room; with since, replays what was missed first.", reflect.TypeFor[bodies.Join](), true},
	{"conversation:leave", "Leaves a conversation's room.", reflect.TypeFor[bodies.Room](), true},
	{"typing:start", "Relayed to the other members of a joined room.", reflect.TypeFor[bodies.Room](), true},
	{"typing:stop", "Relayed to the other members of a joined room.", reflect.TypeFor[bodies.Room](), true},
	{"auth:refresh", "Extends the socket's session without a reconnect.", reflect.TypeFor[bodies.NewToken](), true},
	{"session:ping", "Asks up to where this socket has been sent everything.", reflect.TypeFor[bodies.Ping](), true},
}

var fromServer = []event{
	{"session:ready", "On every connect, after the missed events.", reflect.TypeFor[bodies.Ready](), false},
	{string(portal.ConversationNew), "Durable. Already holds its first message; message:new follows.", reflect.TypeFor[portal.ConversationNewBody](), false},
	{string(portal.ConversationUpdated), "Durable.", reflect.TypeFor[portal.ConversationUpdatedBody](), false},
	{string(portal.ConversationAssigned), "Durable.", reflect.TypeFor[portal.ConversationAssignedBody](), false},
	{string(portal.MessageNew), "Durable; to the conversation's room.", reflect.TypeFor[portal.MessageNewBody](), false},
	{string(portal.MessageDelivered), "Durable; to the conversation's room. One for every forward step.", reflect.TypeFor[portal.MessageDeliveredBody](), false},
	{"typing:start", "To the conversation's room; not durable.", reflect.TypeFor[bodies.Typing](), false},
	{"typing:stop", "To the conversation's room; not durable.", reflect.TypeFor[bodies.Typing](), false},
}

// Document makes the AsyncAPI 3 document. version is the program's.
func Document(version string) any {
	r := schema.New()
	d := object{
		"asyncapi":           "3.0.0",
		"defaultContentType": "application/json",
		"info": object{
			"title":   "Agent Portal",
			"version": version,
			"description": "The live side of a support inbox: Socket.IO 4 at /socket.io/, namespace /, auth {token}; " +
				"and the queues that bring messages and delivery reports in.",
		},
		"servers": object{
			"socket": object{"host": "localhost:8080", "pathname": "/socket.io/", "protocol": "socketio", "protocolVersion": "5"},
			"broker": object{"host": "localhost:5672", "protocol": "amqp", "protocolVersion": "0.9.1"},
		},
	}
	messages := object{}
	channels := object{"socket": object{
		"address": "/", "servers": []any{ref("servers", "socket")}, "messages": object{},
		"description": "The default namespace. On connect a socket is in its tenant's and its user's room.",
	}}
	operations := object{}
	socket := channels["socket"].(object)["messages"].(object)
	for _, e := range fromClient {
		key := "client." + keyOf(e.name)
		messages[key] = message(r, e)
		socket[key] = ref("components", "messages", key)
		op := operation("receive", "socket", key, e.about)
		op["reply"] = object{"channel": ref("channels", "socket"), "messages": []any{ref("channels", "socket", "messages", "ack")}}
		operations["on."+key] = op
	}
	for _, e := range fromServer {
		key := "server." + keyOf(e.name)
		messages[key] = message(r, e)
		socket[key] = ref("components", "messages", key)
		operations["emit."+key] = operation("send", "socket", key, e.about)
	}
	messages["ack"] = message(r, event{"ack", "Answers every event of a client that asks for an acknowledgement.", reflect.TypeFor[bodies.Ack](), false})
	socket["ack"] = ref("components", "messages", "ack")
	addQueue(r, channels, operations, messages, "INBOUND_WHATSAPP_MESSAGES", "A message from a customer.", reflect.TypeFor[bodies.InboundDelivery]())
	addQueue(r, channels, operations, messages, "WHATSAPP_STATUS_UPDATES", "A delivery report of the provider.", reflect.TypeFor[bodies.StatusDelivery]())
	schema.Tighten(r)
	d["channels"], d["operations"] = channels, operations
	d["components"] = object{"messages": messages, "schemas": r.Map()}
	return d
}

// addQueue adds a queue and its dead letters, whose bodies are whatever came.
func addQueue(r huma.Registry, channels, operations, messages object, name, about string, payload reflect.Type) {
	broker := []any{ref("servers", "broker")}
	binding := object{"amqp": object{"is": "queue", "queue": object{"name": name, "durable": true, "exclusive": false, "autoDelete": false}}}
	messages[name] = message(r, event{name: name, about: about, payload: payload})
	channels[name] = object{"address": name, "servers": broker, "bindings": binding,
		"messages": object{name: ref("components", "messages", name)}}
	operations["consume."+name] = operation("receive", name, name, "Acknowledged only after its effect is committed.")

	dead := name + ".dead"
	messages[dead] = object{"name": dead, "summary": "What can never be applied, whole.",
		"headers": object{"type": "object", "required": []string{"x-portal-reason"},
			"properties": object{"x-portal-reason": object{"type": "string", "description": "Why, in words."}}}}
	deadBinding := object{"amqp": object{"is": "queue", "queue": object{"name": dead, "durable": true, "exclusive": false, "autoDelete": false}}}
	channels[dead] = object{"address": dead, "servers": broker, "bindings": deadBinding,
		"messages": object{dead: ref("components", "messages", dead)}}
	operations["deadletter."+name] = operation("send", dead, dead, "Dead letters.")
}

func message(r huma.Registry, e event) object {
	return object{"name": e.name, "summary": e.about, "payload": schema.Of(r, e.payload)}
}

func operation(action, channel, message, about string) object {
	return object{"action": action, "channel": ref("channels", channel), "summary": about,
		"messages": []any{ref("channels", channel, "messages", message)}}
}

// ref is a reference inside the document (RFC 6901: / and ~ in names would need escapes; ours have neither).
func ref(path ...string) object { return object{"$ref": "#/" + strings.Join(path, "/")} }

// keyOf is an event's name where AsyncAPI allows only letters, digits, dots, dashes and underscores.
func keyOf(name string) string { return strings.ReplaceAll(name, ":", ".") }
