package ll2sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// readJSON reads a recorded body, with its members in order. Texts that begin
// with base and a slash become links, without the format they repeat.
func readJSON(body []byte, base string) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return readValue(d, base)
}

func readValue(d *json.Decoder, base string) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("read value: %w", err)
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return readObject(d, base)
		}
		return readList(d, base)
	case json.Number:
		return decimal(t.String()), nil
	case string:
		path, ok := strings.CutPrefix(t, base)
		if !ok || !strings.HasPrefix(path, "/") {
			return t, nil
		}
		path, _, _ = strings.Cut(path, "?")
		return link(path), nil
	default:
		return t, nil // nil or bool
	}
}

func readObject(d *json.Decoder, base string) (object, error) {
	o := object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("read name: %w", err)
		}
		value, err := readValue(d, base)
		if err != nil {
			return nil, err
		}
		o = append(o, member{name.(string), value})
	}
	_, err := d.Token() // the closing brace
	return o, err
}

func readList(d *json.Decoder, base string) (list, error) {
	l := list{}
	for d.More() {
		value, err := readValue(d, base)
		if err != nil {
			return nil, err
		}
		l = append(l, value)
	}
	_, err := d.Token() // the closing bracket
	return l, err
}
