package whatsapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

const (
	// MaxMedia is how large a file is passed on at most, in bytes: the provider's own limit for documents.
	MaxMedia = 100 << 20
	// mediaCalls is how many files are fetched at a time; further ones wait.
	mediaCalls = 64
	// mediaStart bounds the wait until a file begins to come, mediaWhole until it has come.
	mediaStart, mediaWhole = 20 * time.Second, 10 * time.Minute
)

// Files fetches the files of messages, which the provider keeps and gives to holders of a channel's token alone. Its
// methods may be called by several goroutines.
type Files struct {
	graph *graph
	files *http.Client
	base  *url.URL
	slots chan struct{}
}

// MediaInfo is what the provider tells of a file.
type MediaInfo struct {
	ID       string      `json:"id,omitempty"`
	URL      string      `json:"url,omitempty"`
	MimeType string      `json:"mime_type,omitempty"`
	SHA256   string      `json:"sha256,omitempty"`
	FileSize json.Number `json:"file_size,omitempty"` // a number, or one in quotes
	Error    *GraphError `json:"error,omitempty"`
}

// NewFiles makes a client of the Cloud API at base. transport serves tests; nil is the network.
func NewFiles(base string, transport http.RoundTripper) (*Files, error) {
	at, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	f := &Files{graph: newGraph(base, transport, mediaCalls), base: at, slots: make(chan struct{}, mediaCalls)}
	f.files = f.graph.client
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout, t.MaxIdleConnsPerHost = mediaStart, mediaCalls
		t.DialContext = (&net.Dialer{Timeout: mediaStart, Control: f.publicOnly}).DialContext
		f.files = &http.Client{Transport: t, CheckRedirect: f.graph.client.CheckRedirect}
	}
	return f, nil
}

// Open asks where a file lies and begins to fetch it, or the part of it that part names (RFC 9110 section 14.2; "": the
// whole). NotFound means that the provider hasn't got it any more, Unavailable that it can't be had now.
func (f *Files) Open(ctx context.Context, media desk.Media, part string) (*desk.MediaFile, error) {
	if media.Channel.AccessToken == "" {
		return nil, portal.Refuse(portal.Unavailable, portal.WhyChannelIncomplete, "The WhatsApp channel has no access token, so that its files can't be fetched.")
	}
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, unfetched(ctx.Err())
	}
	ctx, cancel := context.WithTimeout(ctx, mediaWhole)
	release := func() { cancel(); <-f.slots }
	file, err := f.open(ctx, media, part)
	if err != nil {
		release()
		return nil, err
	}
	file.Body = &fileBody{Reader: io.LimitReader(file.Body, MaxMedia), body: file.Body, release: release}
	return file, nil
}

func (f *Files) open(ctx context.Context, media desk.Media, part string) (*desk.MediaFile, error) {
	info, err := f.info(ctx, media)
	if err != nil {
		return nil, err
	}
	address, err := f.address(info.URL)
	if err != nil {
		return nil, &portal.Error{Code: portal.Unavailable, Why: portal.WhyChannelUnreachable, Message: "WhatsApp named no address from which the file may be fetched.", Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, unfetched(err)
	}
	req.Header.Set("Authorization", "Bearer "+media.Channel.AccessToken)
	req.Header.Set("Accept-Encoding", "identity") // its length is told, and nothing is unpacked here
	if part != "" {
		req.Header.Set("Range", part)
	}
	client := f.files
	if proxy, _ := http.ProxyFromEnvironment(req); proxy != nil {
		client = f.graph.client // where one may go is the proxy's to say
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, unfetched(err)
	}
	switch {
	case res.ContentLength > MaxMedia:
		err = portal.Refuse(portal.NotFound, portal.WhyMediaGone, "The file is larger than 100 MB.")
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent && res.StatusCode != http.StatusRequestedRangeNotSatisfiable:
		err = refusedMedia(res.StatusCode, nil)
	}
	if err != nil {
		_ = res.Body.Close()
		return nil, err
	}
	file := &desk.MediaFile{Body: res.Body, Status: res.StatusCode, Length: res.ContentLength, Range: res.Header.Get("Content-Range"), MimeType: info.MimeType}
	if file.MimeType == "" {
		file.MimeType = res.Header.Get("Content-Type")
	}
	return file, nil
}

// info asks the provider where a file lies; the address is good for some minutes.
func (f *Files) info(ctx context.Context, media desk.Media) (info MediaInfo, err error) {
	ctx, cancel := context.WithTimeout(ctx, mediaStart)
	defer cancel()
	address := f.graph.base + "/" + graphVersion + "/" + url.PathEscape(media.ID) + "?phone_number_id=" + url.QueryEscape(media.Channel.PhoneNumberID)
	status, err := f.graph.get(ctx, address, media.Channel.AccessToken, &info)
	switch {
	case err != nil:
		return info, unfetched(err)
	case status != http.StatusOK || info.Error != nil:
		return info, refusedMedia(status, info.Error)
	}
	return info, nil
}

// address takes only what a token may be shown to: TLS, or the very place that the Cloud API is at.
func (f *Files) address(given string) (string, error) {
	u, err := url.Parse(given)
	switch {
	case err != nil:
		return "", err
	case u.Scheme == f.base.Scheme && u.Host == f.base.Host:
	case u.Scheme != "https" || u.Host == "" || u.User != nil:
		return "", fmt.Errorf("%q isn't an https address", u.Scheme+"://"+u.Host)
	}
	return u.String(), nil
}

// publicOnly keeps the portal from being sent into its own network by an answer. The Cloud API's own place is the
// operator's choice.
func (f *Files) publicOnly(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := to.Addr().Unmap()
	if ip.IsGlobalUnicast() && !ip.IsPrivate() || f.isBase(to) {
		return nil
	}
	return errors.New("the address isn't a public one")
}

// isBase tells whether the Cloud API itself is at this address.
func (f *Files) isBase(to netip.AddrPort) bool {
	host, port := f.base.Hostname(), f.base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[f.base.Scheme]
	}
	if fmt.Sprint(to.Port()) != port {
		return false
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap() == to.Addr().Unmap()
	}
	return host == "localhost" && to.Addr().IsLoopback()
}

func unfetched(err error) error {
	return &portal.Error{Code: portal.Unavailable, Why: portal.WhyChannelUnreachable, Message: "The file can't be fetched from WhatsApp now: " + unanswered(err) + ".", Err: err}
}

// refusedMedia tells what the provider's refusal means. Of an id that it doesn't know any more it says 404, or 400 with
// code 100.
func refusedMedia(status int, reason *GraphError) error {
	switch {
	case status == http.StatusNotFound, status == http.StatusGone, status == http.StatusBadRequest && reason != nil && reason.Code == "100":
		return portal.Refuse(portal.NotFound, portal.WhyMediaGone, "WhatsApp hasn't got this file any more.")
	case status == http.StatusUnauthorized, status == http.StatusForbidden, reason != nil && reason.Code == "190":
		return portal.Refuse(portal.Unavailable, portal.WhyChannelToken, "WhatsApp refuses the access token. An admin has to enter a valid one.")
	}
	return portal.Refuse(portal.Unavailable, portal.WhyChannelUnreachable, "WhatsApp answers %d. Try again.", status)
}

// fileBody gives its place back when it is closed.
type fileBody struct {
	io.Reader
	body    io.Closer
	release func()
}

// Close implements io.Closer. It is called once.
func (b *fileBody) Close() error {
	defer b.release()
	return b.body.Close()
}
