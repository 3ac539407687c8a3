package metrics

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A light reader of PromQL, just deep enough to tell which metrics, labels and
// label values an expression rests on. What it does not know it reports. Whether
// the grammar is right is promtool's to say.

// promToken splits an expression. Ranges in brackets are one token.
var promToken = regexp.MustCompile(`"[^"]*"|'[^']*'|\[[^\]]*\]|[a-zA-Z_:][\w:]*|\d[\w.]*|=~|!~|!=|==|>=|<=|\S`)

// promFunctions are those that our dashboards and alerts use.
var promFunctions = []string{
	"sum", "min", "max", "count", "topk", "rate", "increase", "absent", "clamp_min", "histogram_quantile",
}

// promReader collects what is wrong with an expression.
type promReader struct {
	exported map[string]family // what there is, with _bucket, _sum and _count of histograms
	tokens   []string
	at       int
	problems []string
	kept     []string // labels that some by() keeps
}

// readPromQL returns what an expression gets wrong, and the labels that its
// aggregations keep.
func readPromQL(exported map[string]family, expr string) (kept, problems []string) {
	r := &promReader{exported: exported, tokens: promToken.FindAllString(expr, -1)}
	if used := r.group(); len(used) == 0 {
		r.complain("no metric in it")
	}
	return r.kept, r.problems
}

func (r *promReader) complain(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (r *promReader) peek() string {
	if r.at < len(r.tokens) {
		return r.tokens[r.at]
	}
	return ""
}

func (r *promReader) next() string {
	token := r.peek()
	r.at++
	return token
}

// group reads up to the closing parenthesis and returns the metrics in it. Labels
// of by() hold for the parentheses before or after it, whichever touch it.
func (r *promReader) group() (used []string) {
	var last, by []string
	for r.at < len(r.tokens) {
		switch token := r.next(); {
		case token == ")":
			return used
		case token == "(":
			last = r.group()
			used = append(used, last...)
			r.checkBy(by, last)
			by = nil
		case token == "by":
			if by = r.labelList(); last != nil && r.peek() != "(" {
				r.checkBy(by, last)
				by = nil
			}
		case slices.Contains([]string{"and", "or", "unless"}, token), !isIdentifier(token):
			last = nil
		case r.peek() == "(" || r.peek() == "by":
			last = nil
			if !slices.Contains(promFunctions, token) {
				r.complain("unknown function %s", token)
			}
		default:
			r.selector(token)
			used = append(used, token)
		}
	}
	return used
}

func isIdentifier(token string) bool {
	c := token[0]
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// labelList reads the parentheses of by().
func (r *promReader) labelList() (labels []string) {
	r.next()
	for token := r.next(); token != ")" && token != ""; token = r.next() {
		if token != "," {
			labels = append(labels, token)
		}
	}
	r.kept = append(r.kept, labels...)
	return labels
}

func (r *promReader) checkBy(labels, metrics []string) {
	for _, metric := range metrics {
		for _, label := range labels {
			if _, ok := r.valuesOf(metric, label); !ok {
				r.complain("%s has no label %s", metric, label)
			}
		}
	}
}

// valuesOf returns the values that a label takes. Scraping adds job and instance,
// of which nothing is known here: any value will do.
func (r *promReader) valuesOf(metric, label string) (values []string, ok bool) {
	if label == "job" || label == "instance" {
		return nil, true
	}
	values, ok = r.exported[metric].labels[label]
	return values, ok
}

// selector reads the matchers behind a metric's name, if there are any.
func (r *promReader) selector(metric string) {
	if _, ok := r.exported[metric]; !ok {
		r.complain("no metric %s", metric)
	}
	if r.peek() != "{" {
		return
	}
	for r.next(); r.peek() != "}" && r.peek() != ""; {
		label, operator, value := r.next(), r.next(), strings.Trim(r.next(), `"'`)
		if r.peek() == "," {
			r.next()
		}
		r.matcher(metric, label, operator, value)
	}
	r.next()
}

// matcher checks that every alternative of a matcher can match something: an
// outcome that does not exist makes a panel that is silently empty.
func (r *promReader) matcher(metric, label, operator, value string) {
	values, ok := r.valuesOf(metric, label)
	if !ok {
		r.complain("%s has no label %s", metric, label)
		return
	}
	if values == nil {
		return
	}
	alternatives := []string{regexp.QuoteMeta(value)}
	if strings.Contains(operator, "~") {
		alternatives = strings.Split(value, "|")
	}
	for _, a := range alternatives {
		if !slices.ContainsFunc(values, regexp.MustCompile("^(?:"+a+")$").MatchString) {
			r.complain("no %s of %s is %s", label, metric, a)
		}
	}
}

// TestReadPromQL: the reader finds what it is there to find.
func TestReadPromQL(t *testing.T) {
	exported := map[string]family{
		"a_total": {labels: map[string][]string{"outcome": {"hit", "miss"}, "endpoint": {"x"}}},
		"b":       {labels: map[string][]string{}},
	}
	for _, tt := range []struct{ expr, want string }{
		{`sum by (outcome) (rate(a_total{outcome=~"hit|miss", instance=~"$i"}[5m])) / 2 > 0`, ""},
		{`sum(rate(a_total[5m])) by (endpoint) and b == 0`, ""},
		{`topk(10, sum by (instance) (increase(a_total[$__range])))`, ""},
		{`b{job="perigee"}`, ""},
		{`sum(rate(c_total[5m]))`, "no metric c_total"},
		{`a`, "no metric a"},
		{`sum by (status) (rate(a_total[5m]))`, "a_total has no label status"},
		{`sum(rate(a_total[5m])) by (status)`, "a_total has no label status"},
		{`sum by (outcome) (a_total / b)`, "b has no label outcome"},
		{`a_total{outcome="hit", reason="x"}`, "a_total has no label reason"},
		{`a_total{outcome=~"hit|stale"}`, "no outcome of a_total is stale"},
		{`a_total{endpoint!="y"}`, "no endpoint of a_total is y"},
		{`speed(b)`, "unknown function speed"},
		{`sum(1)`, "no metric in it"},
	} {
		if _, problems := readPromQL(exported, tt.expr); strings.Join(problems, "; ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.expr, problems, tt.want)
		}
	}
}
