package testdata

import (
	"strconv"
	"strings"
)

// ListAnswer is a row of drf/lists.tsv, which says what the columns mean. Texts
// that the recording does not have are empty, and numbers -1.
type ListAnswer struct {
	Query          string // with its question mark
	Status         int
	Count, Results int
	First          []string
	Mode           string
	Next, Previous string // the query of the link; empty for null
	URL            string
	Body           string
	Depends        string // "", "rows" or "order"
}

// ListAnswers returns how the recorded list endpoint answered each query.
func ListAnswers() []ListAnswer {
	table := rows("drf/lists.tsv", 11)
	answers := make([]ListAnswer, len(table))
	for i, c := range table {
		answers[i] = ListAnswer{
			Query: c[0], Status: number(c[1]), Count: number(c[2]), Results: number(c[3]),
			Mode: text(c[5]), Next: text(c[6]), Previous: text(c[7]), URL: text(c[8]),
			Body: text(c[9]), Depends: text(c[10]),
		}
		if c[4] != "-" {
			answers[i].First = strings.Split(c[4], ",")
		}
	}
	return answers
}

// Exchange is a row of drf/exchanges.tsv, which says what the columns mean.
type Exchange struct {
	Method, Target              string
	Accept                      []string // the field's lines: none or one
	Status                      int
	Type, Vary, Allow, Location string // empty: the field is not there
	Length                      int    // -1: not fixed by the framework
	Body                        string // with Length -1 only the beginning
}

// Exchanges returns the recorded single requests with their answers.
func Exchanges() []Exchange {
	table := rows("drf/exchanges.tsv", 10)
	exchanges := make([]Exchange, len(table))
	for i, c := range table {
		exchanges[i] = Exchange{
			Method: c[0], Target: c[1], Status: number(c[3]), Type: text(c[4]), Vary: text(c[5]),
			Allow: text(c[6]), Location: text(c[7]), Length: number(c[8]), Body: quoted(c[9]),
		}
		if c[2] != "-" {
			exchanges[i].Accept = []string{quoted(c[2])}
		}
	}
	return exchanges
}

func text(column string) string {
	if column == "-" {
		return ""
	}
	return column
}

func number(column string) int {
	if column == "-" {
		return -1
	}
	n, err := strconv.Atoi(column)
	if err != nil {
		panic("testdata: not a number: " + column)
	}
	return n
}

func quoted(column string) string {
	if column == "-" {
		return ""
	}
	s, err := strconv.Unquote(column)
	if err != nil {
		panic("testdata: not quoted: " + column)
	}
	return s
}
