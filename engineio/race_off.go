//go:build !race

package engineio

const raceDetector = false
