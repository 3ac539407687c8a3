// Command generate writes the table of an API version for package catalog, on
// standard output, from the OpenAPI document that the API serves:
//
//	curl -o schema.json 'https://lldev.thespacedevs.com/2.3.0/schema?format=json'
//	go run ./proxy/ll2/catalog/generate -version 2.3.0 schema.json > 2.3.0.txt &&
//		mv 2.3.0.txt proxy/ll2/catalog/endpoints/
//
// It writes nothing where the document has something that the table cannot state,
// such as a type of parameter that package ll2 does not know how to read, and names
// each such thing. The exit status is then 1, and 2 if the command line is wrong.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"perigee/proxy/ll2/catalog"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) (status int) {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: generate -version N.N.N schema.json")
		flags.PrintDefaults()
	}
	version := flags.String("version", "", "the API version that the document describes")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *version == "" || flags.NArg() != 1 {
		flags.Usage()
		return 2
	}
	text, err := generate(*version, flags.Arg(0))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	if _, err := io.WriteString(stdout, text); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// generate returns the table that a document describes.
func generate(version, name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	endpoints, err := readOpenAPI(file, version)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	text := write(version, endpoints)
	if _, err := catalog.Parse(version, text); err != nil {
		return "", fmt.Errorf("the table cannot be read again: %w", err)
	}
	return text, nil
}
