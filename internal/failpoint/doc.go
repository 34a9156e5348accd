// Package failpoint lets a test kill the process at a named place, as kill -9 would.
//
// Only a binary built with the tag failpoint can: in any other Hit is empty and leaves no trace in the code.
package failpoint
