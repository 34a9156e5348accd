package engineio

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestApart(t *testing.T) {
	t.Run("EIO-16 what follows waits a moment", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p, c := h.openWebSocket()
			require.NoError(t, p.Send(text("a"), NewApartFrame([]byte("b")), text("c"), text("d")))
			require.Equal(t, "4a", c.text())
			require.Equal(t, "4b", c.text())
			start := time.Now()
			require.Equal(t, "4c", c.text())
			require.Equal(t, apartGap, time.Since(start))
			require.Equal(t, "4d", c.text())
			require.Equal(t, apartGap, time.Since(start))
		})
	})
	t.Run("EIO-16 a connection that closes meanwhile still sends it", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p, c := h.openWebSocket()
			require.NoError(t, p.Send(NewApartFrame([]byte("a"))))
			require.Equal(t, "4a", c.text())
			require.NoError(t, p.Send(text("b")))
			p.Close(CloseReason{})
			require.Equal(t, "4b", c.text())
			c.conn.Close()
			require.Equal(t, ReasonForcedClose, p.end(t).Code)
		})
	})
	t.Run("EIO-16 nothing is lost or out of order over real sockets", func(t *testing.T) {
		h := newHost(t, Config{})
		p, c := h.openWebSocket()
		for i := range 50 {
			require.NoError(t, p.Send(NewApartFrame(fmt.Appendf(nil, "%d", i)), text("x")))
			require.NoError(t, p.Send(text("y")))
		}
		for i := range 50 {
			require.Equal(t, fmt.Sprintf("4%d", i), c.text())
			require.Equal(t, "4x", c.text())
			require.Equal(t, "4y", c.text())
		}
	})
	t.Run("EIO-16 a poll carries it together with the rest", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		require.NoError(t, p.Send(NewApartFrame([]byte("a")), text("b")))
		require.Equal(t, "4a\x1e4b", h.get(p.ID()).body)
	})
}
