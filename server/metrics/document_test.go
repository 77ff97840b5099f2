package metrics

import (
	"regexp"
	"slices"
	"strings"
)

// document is the page about all metrics of this project in a scrape.
func document(scrape string) string {
	label := regexp.MustCompile(`([a-z_]+)="`)
	var out strings.Builder
	out.WriteString("# Metrics\n\nWhat `GET /metrics` on the control port shows, beside the usual `go_` and `process_` metrics. " +
		"`make test` holds this page to the code.\n\n| name | type | labels | what it is |\n|---|---|---|---|\n")
	help, kind := "", ""
	for line := range strings.Lines(scrape) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case name == "#" && strings.HasPrefix(rest, "HELP "):
			_, help, _ = strings.Cut(strings.TrimPrefix(rest, "HELP "), " ")
			continue
		case name == "#":
			name, kind, _ = strings.Cut(strings.TrimPrefix(rest, "TYPE "), " ")
			help = "| `" + name + "` | " + kind + " | %s | " + help + " |\n"
			continue
		case help == "" || !strings.HasPrefix(name, "grandstand_"):
			help = ""
			continue
		}
		var labels []string
		for _, m := range label.FindAllStringSubmatch(line, -1) {
			if m[1] != "le" && !slices.Contains(labels, m[1]) {
				labels = append(labels, m[1])
			}
		}
		out.WriteString(strings.Replace(help, "%s", strings.Join(labels, ", "), 1))
		help = ""
	}
	return out.String()
}
