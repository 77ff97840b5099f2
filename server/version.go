package main

import (
	"runtime/debug"
	"strings"
)

// version is what the build knows of itself: the module's version, and where
// the toolchain recorded it the commit, with a mark when the tree had changes.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "grandstand (unknown build)"
	}
	return describe(info)
}

// describe puts a build's description into one line.
func describe(info *debug.BuildInfo) string {
	parts := []string{"grandstand", info.Main.Version}
	if info.Main.Version == "" {
		parts[1] = "(devel)" // what a build outside a repository calls itself
	}
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	if commit := setting["vcs.revision"]; commit != "" {
		parts = append(parts, commit[:min(len(commit), 12)])
		if setting["vcs.modified"] == "true" {
			parts = append(parts, "(modified)")
		}
	}
	if info.GoVersion != "" {
		parts = append(parts, info.GoVersion)
	}
	return strings.Join(parts, " ")
}
