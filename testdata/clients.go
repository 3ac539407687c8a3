package testdata

// Client is a request that a public application sends to Launch Library 2.
// Identifiers, dates and search words in it are placeholders.
type Client struct {
	App     string // what sends it
	Version string // of the API, such as 2.3.0
	Path    string // as sent
	Query   string // as sent, without a question mark
	Method  string
	Notes   string
}

// Clients returns the requests of clients.tsv in its order.
func Clients() []Client {
	table := rows("clients.tsv", 6)[1:] // less the header
	clients := make([]Client, len(table))
	for i, c := range table {
		clients[i] = Client{App: c[0], Version: c[1], Path: c[2], Query: c[3], Method: c[4], Notes: c[5]}
	}
	return clients
}
