package simulate

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	vocabulary "github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/whatsapp"
)

func TestChannelCheck(t *testing.T) {
	t.Run("SIM-9 the portal's check of a channel is answered like a send", func(t *testing.T) {
		s := play(t, newFakePortal(t), Config{Rate: -1})
		var transport http.Transport
		defer transport.CloseIdleConnections()
		portalSide := whatsapp.NewSender(whatsapp.SenderConfig{GraphURL: s.GraphURL(), Transport: &transport})
		name, err := portalSide.Check(t.Context(), vocabulary.WhatsApp{PhoneNumberID: "1055", AccessToken: "acme-token"})
		require.NoError(t, err)
		require.Equal(t, "Simulated number, +1 555 0100", name)
		_, err = portalSide.Check(t.Context(), vocabulary.WhatsApp{PhoneNumberID: "1055", AccessToken: "bolt-token"})
		require.Equal(t, vocabulary.Invalid, vocabulary.CodeOf(err))
	})
}
