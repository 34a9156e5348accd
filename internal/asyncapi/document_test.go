package asyncapi_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/asyncapi"
)

// read gives the document as another program reads it.
func read(t *testing.T) map[string]any {
	t.Helper()
	b, err := json.Marshal(asyncapi.Document("test"))
	require.NoError(t, err)
	var d map[string]any
	require.NoError(t, json.Unmarshal(b, &d))
	return d
}

func at(t *testing.T, v any, path ...string) any {
	t.Helper()
	for _, name := range path {
		m, ok := v.(map[string]any)
		require.True(t, ok, "%v", path)
		v, ok = m[name]
		require.True(t, ok, "no %s in %v", name, path)
	}
	return v
}

// follow resolves references until it has a thing.
func follow(t *testing.T, d map[string]any, v any) any {
	t.Helper()
	for {
		ref, ok := v.(map[string]any)["$ref"].(string)
		if !ok {
			return v
		}
		path, inside := strings.CutPrefix(ref, "#/")
		require.True(t, inside, ref)
		v = at(t, d, strings.Split(path, "/")...)
	}
}

func TestDocument(t *testing.T) {
	d := read(t)
	t.Run("REST-46 it is AsyncAPI 3, and every reference leads to a thing of its own kind", func(t *testing.T) {
		require.Equal(t, "3.0.0", d["asyncapi"])
		require.NotEmpty(t, at(t, d, "info", "title"))
		require.NotEmpty(t, at(t, d, "info", "version"))
		for name, channel := range at(t, d, "channels").(map[string]any) {
			require.NotEmpty(t, at(t, channel, "address"), name)
			for _, server := range at(t, channel, "servers").([]any) {
				require.NotEmpty(t, at(t, follow(t, d, server), "protocol"))
			}
			for _, message := range at(t, channel, "messages").(map[string]any) {
				require.NotEmpty(t, at(t, follow(t, d, message), "name"))
			}
		}
		for name, op := range at(t, d, "operations").(map[string]any) {
			require.Contains(t, []any{"send", "receive"}, at(t, op, "action"), name)
			ref := at(t, op, "channel", "$ref").(string)
			for _, message := range at(t, op, "messages").([]any) {
				// AsyncAPI 3.0: an operation's messages are those of its channel.
				require.True(t, strings.HasPrefix(at(t, message, "$ref").(string), ref+"/messages/"), name)
				follow(t, d, message)
			}
		}
	})
	t.Run("REST-47 it has every event of the contract, and nothing else", func(t *testing.T) {
		sides := map[string][]string{}
		for key, message := range at(t, d, "components", "messages").(map[string]any) {
			side, _, _ := strings.Cut(key, ".")
			sides[side] = append(sides[side], at(t, message, "name").(string))
		}
		require.ElementsMatch(t, []string{"conversation:join", "conversation:leave", "typing:start", "typing:stop", "auth:refresh", "session:ping"}, sides["client"])
		require.ElementsMatch(t, []string{"session:ready", "conversation:new", "conversation:updated", "conversation:assigned", "message:new",
			"message:delivered", "typing:start", "typing:stop"}, sides["server"])
		require.Equal(t, []string{"INBOUND_WHATSAPP_MESSAGES", "INBOUND_WHATSAPP_MESSAGES.dead", "WHATSAPP_STATUS_UPDATES", "WHATSAPP_STATUS_UPDATES.dead", "socket"},
			slices.Sorted(maps.Keys(at(t, d, "channels").(map[string]any))))
	})
	t.Run("REST-48 a client's events are answered, durable ones carry seq", func(t *testing.T) {
		for name, op := range at(t, d, "operations").(map[string]any) {
			if strings.HasPrefix(name, "on.") {
				reply := at(t, op, "reply", "messages").([]any)[0]
				ack := follow(t, d, at(t, follow(t, d, reply), "payload"))
				require.Contains(t, at(t, ack, "required"), "ok")
			}
		}
		for _, event := range []string{"conversation.new", "conversation.updated", "conversation.assigned", "message.new", "message.delivered"} {
			body := follow(t, d, at(t, d, "components", "messages", "server."+event, "payload"))
			require.Contains(t, at(t, body, "required"), "seq", event)
		}
		code := at(t, d, "components", "schemas", "AckError", "properties", "code", "enum")
		require.ElementsMatch(t, []any{"invalid", "not_found", "forbidden", "rate_limited", "gone", "internal"}, code)
	})
}
