//go:build unix

package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/powercut"
	"github.com/agentportal/portal/internal/store/sqlite"
)

const (
	powerSeed = `{"tenants":[{"id":"acme","name":"Acme","whatsapp":{"phoneNumberId":"1001","displayPhoneNumber":"+49 30 1","accessToken":"token","appSecret":"app secret","verifyToken":"verify"},
	"users":[{"id":"ann","email":"ann@acme.example","password":"correct horse","name":"Ann","role":"agent"}]}]}`
	powerWebhooks = 40
	powerCuts     = 6
)

// FAULT-16: TestThePowerGoes has a serve with nothing else installed take webhooks
// until it is killed, makes what its disk would have kept had the power gone at
// random moments, and starts again on that: every webhook that was answered 200 by
// then is in the inbox, once.
func TestThePowerGoes(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "seed.json"), []byte(powerSeed), 0o600))
	require.Zero(t, command(t, dir, nil, "seed", "seed.json").code)
	disk, err := powercut.New(filepath.Join(dir, "data"), filepath.Join(t.ArtifactDir(), "trace"))
	require.NoError(t, err)

	serve := program(disk.Command(self(t), "serve", "--addr=127.0.0.1:0"), dir)
	address, said := listening(t, serve)
	require.NotEmpty(t, address, said)
	for n := range powerWebhooks {
		require.Equal(t, http.StatusOK, sayByWebhook(t, address, n))
	}
	require.NoError(t, powercut.Kill(serve))
	require.Error(t, serve.Wait(), "it was killed")
	history, err := disk.History()
	require.NoError(t, err)

	for range powerCuts {
		moment, seed := 1+rand.IntN(history.Moments()), rand.Uint64()
		answered := 0
		for _, told := range history.Told(moment) {
			answered += bytes.Count(told, []byte("HTTP/1.1 200 OK"))
		}
		after := t.TempDir()
		_, err := history.Leave(moment, rand.New(rand.NewPCG(seed, 0)), filepath.Join(after, "data"))
		require.NoError(t, err)
		again := program(exec.Command(self(t), "serve", "--addr=127.0.0.1:0"), after)
		address, said := listening(t, again)
		require.NotEmpty(t, address, "cut at %d, seed %d: %s", moment, seed, said)
		texts := textsOf(t, filepath.Join(after, "data", "portal.db"), answered)
		require.NoError(t, again.Process.Kill())
		require.Error(t, again.Wait(), "it was killed")
		for n := range answered {
			require.Equal(t, 1, texts[fmt.Sprint("text ", n)], "webhook %d of %d answered; cut at %d, seed %d", n, answered, moment, seed)
		}
	}
}

// sayByWebhook is a customer's message as Meta sends it.
func sayByWebhook(t *testing.T, address string, n int) (status int) {
	t.Helper()
	body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1001"},
		"messages":[{"from":"49301","id":"wamid.%d","timestamp":"%d","type":"text","text":{"body":"text %d"}}]}}]}]}`, n, time.Now().Unix(), n)
	mac := hmac.New(sha256.New, []byte("app secret"))
	mac.Write([]byte(body))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/webhooks/whatsapp", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode
}

// textsOf counts the messages of the one conversation by text, once there are so
// many as were answered for.
func textsOf(t *testing.T, file string, atLeast int) map[string]int {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: file})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	d := desk.New(desk.Config{Store: db})
	ann := portal.Identity{TenantID: "acme", UserID: "ann", Role: portal.RoleAgent}
	texts := map[string]int{}
	require.Eventually(t, func() bool {
		clear(texts)
		list, err := d.Conversations(t.Context(), ann, desk.ListInput{})
		require.NoError(t, err)
		for _, c := range list.Conversations {
			page, err := d.Messages(t.Context(), ann, c.ID, "", 200)
			require.NoError(t, err)
			for _, m := range page.Messages {
				texts[m.Text]++
			}
		}
		return len(texts) >= atLeast
	}, 30*time.Second, 20*time.Millisecond, "answered: %d", atLeast)
	return texts
}
