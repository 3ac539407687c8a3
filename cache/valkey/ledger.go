package valkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"perigee/proxy/quota"
)

// Ledger keeps on the server what replicas have spent of upstream's quota, and
// what each may spend when the server is lost. It is one script, so that whatever
// a replica asks for is decided at once; package quota has the rules.
//
// Its keys have no time to live: a server that evicts (maxmemory) should evict
// only keys that have one, as the policies called volatile do. What it evicts
// nevertheless is noticed, and told again by the replicas.
type Ledger struct {
	client *Client
	names  names
	news   chan struct{}
}

var _ quota.Pool = (*Ledger)(nil)

var ledgerScript = script("ledger")

// Ledger returns the ledger of a namespace, which is the same for replicas that
// upstream counts as one caller. It is to be called before Start, once.
func (c *Client) Ledger(namespace string) (*Ledger, error) {
	if !isNamespace(namespace) {
		return nil, errors.New("valkey: the namespace of the ledger is not 1 to 64 letters, digits, dots, dashes and underscores")
	}
	l := &Ledger{client: c, names: names{namespace: namespace}, news: make(chan struct{}, 1)}
	c.onNews(kindLedger, l.hear)
	c.onBack(l.tell)
	return l, nil
}

// ledger returns the keys of the ledger, in the order of its script.
func (n names) ledger() []string {
	var keys []string
	for _, what := range []string{"state", "untils", "seqs", "slots", "replicas", "asked"} {
		keys = append(keys, "perigee:{"+n.namespace+":quota}:"+what)
	}
	return keys
}

// News implements quota.Pool.
func (l *Ledger) News() <-chan struct{} { return l.news }

func (l *Ledger) hear(payload []byte) {
	m, ok := parseMessage(payload)
	if ok && m.From != l.client.opts.Replica && string(m.Key) == l.names.namespace {
		l.tell()
	}
}

func (l *Ledger) tell() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// Exchange implements quota.Pool.
func (l *Ledger) Exchange(letter quota.Letter) (quota.Answer, error) {
	body, err := json.Marshal(letter)
	if err != nil {
		return quota.Answer{}, fmt.Errorf("valkey: letter: %w", err)
	}
	sent := false
	var reply any
	c := l.client
	err = c.do(context.Background(), len(body), func(ctx context.Context, s *session) (err error) {
		sent = true
		reply, err = s.run(ctx, ledgerScript, l.names.ledger(), body,
			c.names.news(), c.message(message{Kind: kindLedger}, l.names.namespace))
		return err
	})
	switch {
	case err != nil && !sent:
		return quota.Answer{}, quota.ErrUnsent
	case err != nil:
		return quota.Answer{}, fmt.Errorf("valkey: ledger: %w", err)
	}
	text, _ := reply.(string)
	var a quota.Answer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return quota.Answer{}, fmt.Errorf("valkey: ledger: an answer that makes no sense: %w", err)
	}
	return a, nil
}
