package stats

import (
	"slices"
	"strings"
)

// FigureKeys are the keys of all figures that a report may have, but for those of
// a single transport or server, see knownFigure. A test holds them to the code.
func FigureKeys() []string {
	keys := make([]string, 0, 128)
	keys = append(keys,
		"viewers", "delivered", "rate_per_s", "window",
		"lost", "loss_percent", "silent", "ended", "gaps", "told", "reopened", "missed",
		"faults", "unstamped", "duplicated", "reordered", "id_order", "broken", "foreign", "bad_gaps",
		"published", "publish_requests", "publish_joined_requests", "publish_largest_batch",
		"publish_lag_p50_ms", "publish_lag_p99_ms", "publish_answer_p50_ms", "publish_answer_p99_ms",
		"server_cpu_percent", "server_user_percent", "cpu_us_per_delivery", "deliveries_per_cpu_s", "rounds_per_cpu_s",
		"server_rss_bytes", "server_rss_growth_bytes", "server_rss_peak_growth_bytes", "server_threads", "server_files",
		"polls_per_s", "events_per_poll", "empty_polls", "refused_polls",
		"harness_loop_percent", "harness_cpu_percent", "harness_rss_bytes", "others_cpu_percent",
		"processes", "agents_cpu_percent", "clock_error_ms",
		"cpu_us_per_connect", "rss_start_bytes", "rss_held_bytes", "rss_per_conn_bytes", "rss_per_conn_at_open_bytes",
		"idle_cpu_percent", "pings_per_viewer", "rss_after_bytes", "release_s", "server_files_after",
		"joins", "leaves", "stalls", "reconnects", "resumes", "recovered", "not_recovered", "unanswered", "connect_failed",
		"cut", "back_per_s", "away", "retries", "storm_cpu_percent", "cpu_us_per_reconnect",
		"stalled", "closed_by_policy", "p99_ratio",
	)
	for _, prefix := range []string{"", "connect_", "back_", "baseline_"} {
		for _, of := range []string{"p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms", "mean_ms"} {
			keys = append(keys, prefix+of)
		}
	}
	return keys
}

// partKeys are the figures of a transport of a mixed run, each behind its name.
func partKeys() []string {
	return []string{"viewers", "delivered", "rate_per_s", "p50_ms", "p99_ms", "max_ms", "lost", "faults"}
}

// rivalKeys are those of a server whose capacity is measured, behind its name.
func rivalKeys() []string {
	return []string{"viewers", "p99_ms", "rss_bytes", "threads", "cpu_percent", "not_served"}
}

// knownFigure says whether a run of any kind may have a figure that is called so,
// in any of the ways that Report.figure knows.
func knownFigure(name string) bool {
	among := func(keys []string, name string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return calledSo(key, name) })
	}
	if among(FigureKeys(), name) {
		return true
	}
	for _, way := range []string{
		"websocket", "sse", "stream", "longpoll", "poll", "jsonp", "iframe", "multipart", "socketio", "socketio_polling", "socketio_upgrade",
	} {
		if of, ok := strings.CutPrefix(name, way+"_"); ok && among(partKeys(), of) {
			return true
		}
	}
	of, ok := strings.CutPrefix(name, "grandstand_")
	if pool, is := strings.CutPrefix(name, "pool"); is {
		of, ok = strings.CutPrefix(strings.TrimLeft(pool, "0123456789"), "_")
	}
	return ok && among(rivalKeys(), of)
}

// calledSo says whether a name is that of a figure: its key, with or without the
// unit, with or without server_.
func calledSo(key, name string) bool {
	have, _ := bare(key)
	want, _ := bare(name)
	return key == name || have == want || have == "server_"+want
}

// nearFigure is the end of a message about a figure that there is none of.
func nearFigure(name string) string {
	keys := FigureKeys()
	names := make([]string, 0, 3*len(keys))
	for _, key := range keys {
		short, _ := bare(key)
		names = append(names, strings.TrimPrefix(short, "server_"), short, key)
	}
	if near := Nearest(name, names); near != "" {
		return ", did you mean " + near + "?"
	}
	return ""
}
