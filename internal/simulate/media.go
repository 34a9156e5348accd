package simulate

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
)

// serveMedia serves what customers send: a picture, or a one-page document.
func serveMedia(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	w.Header().Set("Cache-Control", "max-age=86400")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// The page shows it from another origin.
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	var body []byte
	switch {
	case strings.HasSuffix(name, ".png"):
		w.Header().Set("Content-Type", "image/png")
		body = picture(name)
	case strings.HasSuffix(name, ".pdf"):
		w.Header().Set("Content-Type", "application/pdf")
		body = document(strings.TrimSuffix(name, ".pdf"))
	default:
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(body) // an error is the caller's
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
