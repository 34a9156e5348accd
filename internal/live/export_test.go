package live

// ClientEvents are the names of all events that clients may send.
func ClientEvents() (names []string) {
	for _, e := range (&Live{}).clientEvents() {
		names = append(names, e.name)
	}
	return names
}
