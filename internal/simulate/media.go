package simulate

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/agentportal/portal/internal/whatsapp"
)

// mediaFolder is where ids of files begin; what follows is the file's name.
const mediaFolder = "media-"

// mediaID is the name by which the provider knows a file.
func mediaID(name string) string { return mediaFolder + name }

// tellMedia answers where a file lies, as the Graph API does.
func (s *Simulator) tellMedia(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("number")
	name := strings.TrimPrefix(id, mediaFolder)
	body, kind := file(name)
	switch {
	case !s.known(w, r):
	case body == nil:
		refuse(w, http.StatusBadRequest, whatsapp.GraphError{Code: "100", Type: "GraphMethodException", Message: "Unsupported get request"})
	default:
		answer(w, http.StatusOK, whatsapp.MediaInfo{ID: id, MimeType: kind, URL: s.GraphURL() + "/media/" + url.PathEscape(name),
			FileSize: json.Number(strconv.Itoa(len(body))), SHA256: fmt.Sprintf("%x", sha256.Sum256(body))})
	}
}

// serveMedia serves what customers send, to who holds a token, as the provider does.
func (s *Simulator) serveMedia(w http.ResponseWriter, r *http.Request) {
	if !s.known(w, r) {
		return
	}
	name := r.PathValue("name")
	body, kind := file(name)
	if body == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
}

// file is a picture, or a one-page document; nil where there is none of that name.
func file(name string) (body []byte, kind string) {
	switch {
	case strings.HasSuffix(name, ".png"):
		return picture(name), "image/png"
	case strings.HasSuffix(name, ".pdf"):
		return document(strings.TrimSuffix(name, ".pdf")), "application/pdf"
	}
	return nil, ""
}

// picture paints a box on a table, in colours that follow from the name.
func picture(name string) []byte {
	const width, height = 640, 480
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails
	tint := h.Sum32()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, scene(x, y, width, height, tint))
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}

func scene(x, y, width, height int, tint uint32) color.RGBA {
	r, g, b := uint8(120+tint%80), uint8(110+tint>>8%80), uint8(100+tint>>16%80)
	shade := uint8(40 * y / height)
	left, right, top, bottom := width/4, width*3/4, height/3, height*5/6
	switch {
	case x > left && x < right && y > top && y < bottom && (x-width/2)*(x-width/2) < 400:
		return color.RGBA{230, 205, 150, 255} // the tape
	case x > left && x < right && y > top && y < bottom && (x+y)%97 < 3:
		return color.RGBA{90, 60, 40, 255} // scratches
	case x > left && x < right && y > top && y < bottom:
		return color.RGBA{190 - shade, 150 - shade, 100 - shade, 255} // the box
	case y > height*3/4:
		return color.RGBA{r / 2, g / 2, b / 2, 255} // the table
	}
	return color.RGBA{r + shade, g + shade, b + shade, 255} // the wall
}

// document is the smallest PDF that shows its name.
func document(name string) []byte {
	safe := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' {
			return c
		}
		return ' '
	}, name)
	content := fmt.Sprintf("BT /F1 24 Tf 72 700 Td (%s) Tj ET", safe)
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&out, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return out.Bytes()
}
