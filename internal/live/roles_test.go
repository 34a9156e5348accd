package live_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/live"
)

// eventRow is what an event answers about a conversation of one's own, a missing
// and another tenant's: "" for ok, else the error's code.
type eventRow struct {
	own      string
	ownJoins bool   // joins before it asks
	viewer   string // about one's own
	// none is the code for missing and another tenant's; "-": the event is about no conversation.
	none string
	// bad is the code for bodies that can't be.
	bad string
}

// eventTable has a row for every event that clients may send; one without fails.
var eventTable = map[string]eventRow{
	"conversation:join":  {none: "not_found", bad: "invalid"},
	"conversation:leave": {none: "not_found", bad: "invalid"},
	"typing:start":       {ownJoins: true, viewer: "forbidden", none: "not_found", bad: "invalid"},
	"typing:stop":        {ownJoins: true, viewer: "forbidden", none: "not_found", bad: "invalid"},
	"auth:refresh":       {none: "-", bad: "invalid"},
	"session:ping":       {none: "-"},
}

func TestEveryEventByRoleAndThing(t *testing.T) {
	names := live.ClientEvents()
	slices.Sort(names)
	require.Equal(t, slices.Sorted(maps.Keys(eventTable)), names, "a new event needs a row")
	b := newBench(t)
	own, foreign := b.receive("acme", "4915"), b.receive("globex", "777")
	for _, who := range []string{"adi", "ann", "vic"} {
		tokens := b.signIn(who + "@acme.test")
		for name, row := range eventTable {
			t.Run("LIVE-21 "+name+" by "+who, func(t *testing.T) {
				p := b.online(tokens.Access)
				body := func(id string) map[string]any { return map[string]any{"conversationId": id, "token": tokens.Access} }
				code := func(body any) string {
					a, _ := p.call(name, body)
					require.Equal(t, a.OK, a.Error.Code == "")
					return a.Error.Code
				}
				if row.none != "-" {
					require.Equal(t, row.none, code(body(foreign)))
					require.Equal(t, row.none, code(body("none")))
					missing, _ := p.ask(name, body("none"))
					another, _ := p.ask(name, body(foreign))
					require.Equal(t, string(missing), string(another), "byte for byte")
				}
				for _, bad := range []any{nil, "text", 5, []int{1}, map[string]any{}, map[string]any{"conversationId": 5, "token": 5}} {
					require.Equal(t, row.bad, code(bad), "%v", bad)
				}
				if row.ownJoins {
					a, _ := p.call("conversation:join", body(own))
					require.True(t, a.OK)
				}
				want := row.own
				if who == "vic" {
					want = row.viewer
				}
				require.Equal(t, want, code(body(own)))
			})
		}
	}
}
