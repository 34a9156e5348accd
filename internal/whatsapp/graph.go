package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/agentportal/portal/internal/desk"
)

const (
	graphVersion = "v23.0"
	// maxAnswer is the most bytes that are read of an answer.
	maxAnswer = 64 << 10
)

// graph calls the Cloud API.
type graph struct {
	base   string // without a slash at the end
	client *http.Client
}

// outcome is what is known after a call: the message's wamid, that it was refused for good, or neither.
type outcome struct {
	wamid      string
	code       string // the provider's, or the HTTP status where it gave none
	reason     string
	final      bool          // refused: trying again changes nothing
	retryAfter time.Duration // what the provider asked for, before trying again
}

// newGraph makes a client that follows no redirect: a token isn't for whoever is named there.
func newGraph(base string, transport http.RoundTripper, connections int) *graph {
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = connections
		transport = t
	}
	return &graph{base: base, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send calls the provider once. ctx bounds the call.
func (g *graph) send(ctx context.Context, job desk.Send, now time.Time) outcome {
	body, err := json.Marshal(SendRequest{
		MessagingProduct: "whatsapp", RecipientType: "individual", To: job.WaID, Type: "text", Text: Text{Body: job.Text},
	})
	if err != nil {
		return outcome{final: true, code: "invalid", reason: err.Error()}
	}
	address := g.base + "/" + graphVersion + "/" + url.PathEscape(job.Channel.PhoneNumberID) + "/messages"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return outcome{final: true, code: "invalid", reason: err.Error()}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+job.Channel.AccessToken)
	res, err := g.client.Do(req)
	if err != nil {
		return outcome{code: "unreachable", reason: unanswered(err)}
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	closeErr := res.Body.Close()
	if err := errors.Join(err, closeErr); err != nil {
		return outcome{code: "unreachable", reason: unanswered(err)}
	}
	return judge(res, answer, now)
}

// unanswered is why there was no answer, without the address.
func unanswered(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "the provider didn't answer in time"
	}
	return err.Error()
}

// judge tells what an answer means.
func judge(res *http.Response, body []byte, now time.Time) outcome {
	var answer SendResponse
	understood := json.Unmarshal(body, &answer) == nil
	if res.StatusCode/100 == 2 {
		if understood && len(answer.Messages) > 0 && answer.Messages[0].ID != "" {
			return outcome{wamid: answer.Messages[0].ID}
		}
		return outcome{code: strconv.Itoa(res.StatusCode), reason: "the provider's answer held no wamid"}
	}
	o := outcome{code: strconv.Itoa(res.StatusCode), reason: http.StatusText(res.StatusCode)}
	if understood && answer.Error != nil {
		o.reason = answer.Error.text()
		if answer.Error.Code != "" {
			o.code = string(answer.Error.Code)
		}
	}
	switch status := res.StatusCode; {
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status/100 != 4:
		o.retryAfter = retryAfter(res.Header.Get("Retry-After"), now)
	default:
		o.final = true
	}
	return o
}

// retryAfter reads the header, seconds or a date; 0 where it is neither.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), int(sendFor/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

func (o outcome) String() string { return fmt.Sprintf("%s: %s", o.code, o.reason) }
