package ll2

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// model says what a list of two endpoints would answer, the plain way: it filters
// as Python and django-filter do and never writes a query. It shares no code with
// Resolve. Where versions or kinds of filters read a value differently, it gives
// all readings, so that a key is right under each of them.
type model map[string]func(values []string) string

// launches and launcherConfigurations model a few parameters of the lists of these
// names, one of each kind.
var (
	launches = model{
		"limit":       lastOf(modelLimit),
		"offset":      lastOf(modelOffset),
		"mode":        lastOf(modelMode),
		"status":      lastOf(func(v string) string { return modelNumber(v) + "|" + modelKey(v) }),
		"is_crewed":   lastOf(modelBoolean),
		"name":        lastOf(modelText),
		"net__gte":    lastOf(modelTime),
		"status__ids": lastOf(func(v string) string { return modelSet(v, modelNumber) + "|" + modelSet(v, modelKey) }),
		"lsp__name":   lastOf(func(v string) string { return modelSet(v, modelChoice) }),
		"id":          lastOf(func(v string) string { return modelSet(v, modelUUID) }),
		"search":      lastOf(modelSearch),
		"ordering":    lastOf(modelOrdering),
		"unheard_of":  func([]string) string { return "" },
	}
	launcherConfigurations = model{
		"families": func(values []string) string {
			values = slices.Clone(values)
			slices.Sort(values)
			return fmt.Sprintf("%q", slices.Compact(values))
		},
		"name": lastOf(modelText),
	}
)

// answer tells apart all that a query may filter, sort and page differently.
func (m model) answer(pairs []pair) string {
	values := map[string][]string{}
	for _, p := range pairs {
		values[p.name] = append(values[p.name], p.value)
	}
	var parts []string
	for name, read := range m {
		parts = append(parts, name+" "+read(values[name]))
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

// lastOf reads the last value; an absent parameter reads as a blank one.
func lastOf(read func(string) string) func([]string) string {
	return func(values []string) string {
		if len(values) == 0 {
			return read("")
		}
		return read(values[len(values)-1])
	}
}

var digitsOfOtherScripts = strings.NewReplacer("٤", "4", "٥", "5", "０", "0")

var (
	pythonInt     = regexp.MustCompile(`^[+-]?[0-9]+(_[0-9]+)*$`)
	pythonDecimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
	modelISO      = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$`)
)

func modelInt(v string) (n *big.Int, ok bool) {
	v = digitsOfOtherScripts.Replace(strings.TrimSpace(v))
	if !pythonInt.MatchString(v) {
		return nil, false
	}
	return new(big.Int).SetString(strings.ReplaceAll(v, "_", ""), 10)
}

func modelLimit(v string) string {
	n, ok := modelInt(v)
	switch {
	case !ok || n.Sign() <= 0:
		return "10"
	case n.Cmp(big.NewInt(100)) > 0:
		return "100"
	}
	return n.String()
}

func modelOffset(v string) string {
	if n, ok := modelInt(v); ok && n.Sign() >= 0 {
		return n.String()
	}
	return "0"
}

// modelNumber is django-filter's NumberFilter: a Decimal of any form.
func modelNumber(v string) string {
	if v == "" {
		return "no filter"
	}
	v = strings.ReplaceAll(digitsOfOtherScripts.Replace(strings.TrimSpace(v)), "_", "")
	if !pythonDecimal.MatchString(v) {
		return "400"
	}
	n, _ := new(big.Rat).SetString(v)
	return n.String()
}

// modelKey is a filter by foreign key: int() of the value.
func modelKey(v string) string {
	if v == "" {
		return "no filter"
	}
	if n, ok := modelInt(v); ok {
		return n.String()
	}
	return "400"
}

func modelBoolean(v string) string {
	return map[string]string{"true": "true", "1": "true", "false": "false", "0": "false"}[strings.ToLower(v)]
}

func modelMode(v string) string {
	if v == "" || v == "normal" {
		return "default"
	}
	return fmt.Sprintf("%q", v)
}

func modelText(v string) string {
	v = strings.TrimFunc(v, modelSpace)
	if strings.Contains(v, "\x00") {
		return "400"
	}
	return fmt.Sprintf("%q", v)
}

func modelSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

func modelChoice(v string) string {
	if strings.Contains(v, "\x00") {
		return "400"
	}
	return fmt.Sprintf("%q", v)
}

func modelUUID(v string) string {
	if v = strings.ToLower(v); !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(v) {
		return "400"
	}
	return v
}

// modelSet is django-filter's BaseInFilter: nothing for a blank value, else the
// set of what its pieces say; blank numbers are NULL, which is in no set.
func modelSet(v string, read func(string) string) string {
	if v == "" {
		return "no filter"
	}
	set := map[string]bool{}
	for _, piece := range strings.Split(v, ",") {
		set[read(piece)] = true
	}
	delete(set, "no filter")
	if set["400"] {
		return "400"
	}
	return fmt.Sprint(set) // in order
}

func modelTime(v string) string {
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil || !modelISO.MatchString(v) {
		return fmt.Sprintf("%q", v)
	}
	return t.UTC().String()
}

// modelSearch gives the terms as older versions split them and, for newer ones,
// the whole value if there is something in it that these treat apart.
func modelSearch(v string) string {
	upper := func(r rune) rune {
		if r < 0x80 {
			return unicode.ToUpper(r)
		}
		return r
	}
	set := map[string]bool{}
	for _, term := range strings.FieldsFunc(strings.ReplaceAll(strings.ReplaceAll(v, "\x00", ""), ",", " "), modelSpace) {
		set[strings.Map(upper, term)] = true
	}
	special := ""
	if strings.ContainsAny(v, "\x00\"'\\") {
		special = v
	}
	return fmt.Sprintf("%q %q", fmt.Sprint(set), special)
}

func modelOrdering(v string) string {
	var terms []string
	sorted := map[string]bool{}
	for _, piece := range strings.Split(v, ",") {
		piece = strings.TrimFunc(piece, modelSpace)
		field, _ := strings.CutPrefix(piece, "-")
		switch field {
		case "id", "last_updated", "name", "net":
			if !sorted[field] {
				terms = append(terms, piece)
			}
			sorted[field] = true
		}
	}
	return fmt.Sprint(terms)
}
