package quota

import "slices"

// payers are the clients that pay for one fetch, each once however many of its
// requests wait, in the order in which they came.
type payers struct {
	names []string
	count map[string]int
}

func (p *payers) add(client string) {
	if client == "" {
		return
	}
	if p.count == nil {
		p.count = map[string]int{}
	}
	if p.count[client]++; p.count[client] == 1 {
		p.names = append(p.names, client)
	}
}

func (p *payers) remove(client string) {
	if client == "" {
		return
	}
	if p.count[client]--; p.count[client] > 0 {
		return
	}
	delete(p.count, client)
	if i := slices.Index(p.names, client); i >= 0 {
		p.names = slices.Delete(p.names, i, i+1)
	}
}

// named are those who are charged and decide about the rank.
func (p *payers) named() []string { return p.names[:min(len(p.names), maxCharged)] }
