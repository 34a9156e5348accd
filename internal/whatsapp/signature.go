package whatsapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// SignatureHeader carries the signature of a webhook's raw body.
const SignatureHeader = "X-Hub-Signature-256"

const signaturePrefix = "sha256="

// Sign is the header's value for a body: HMAC-SHA256 with the app's secret.
func Sign(secret string, body []byte) string {
	return signaturePrefix + hex.EncodeToString(mac(secret, body))
}

// Signed tells whether the header's value is body's signature. An empty secret signs nothing: anybody knows it.
func Signed(secret string, body []byte, header string) bool {
	value, prefixed := strings.CutPrefix(header, signaturePrefix)
	sum, err := hex.DecodeString(value)
	return prefixed && err == nil && secret != "" && hmac.Equal(sum, mac(secret, body))
}

func mac(secret string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body) // never fails
	return m.Sum(nil)
}
