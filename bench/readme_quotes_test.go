package main

// The names in configs/bench that quotes need.
const (
	idle, paced, busy, flood = "19,000 idle", "10,000 at 5 events/s", "1,000 at 100 events/s", "10,000 at 800 events/s"

	w4, w16, w64     = "10,000, at most 4 undelivered", "10,000, at most 16 undelivered", "10,000, at most 64 undelivered"
	small16, small64 = "1,000, at most 16 undelivered", "1,000, at most 64 undelivered"

	crowd, crowdPaced = "5,000 idle", "5,000 at 10 events/s"

	perConn, perDelivery, perCPU = "rss_per_conn_bytes", "cpu_us_per_delivery", "deliveries_per_cpu_s"
)

// quotes are all of README.md's.
func quotes() []quote {
	own := func(target, scenario, key string, digits int) figure {
		return figure{file: "readme", target: target, scenario: scenario, key: key, digits: digits}
	}
	against := func(target, scenario, key, over string, digits int) figure {
		return figure{file: "readme", target: target, scenario: scenario, key: key, over: over, digits: digits}
	}
	limit := func(scenario, key string, digits int) figure {
		return against("WebSocket", scenario, key, "limit", digits)
	}
	them := func(target, scenario, key, over string, digits int) figure {
		return figure{file: "rivals", target: target, scenario: scenario, key: key, over: over, digits: digits}
	}
	deliveries := figure{file: "readme", target: "WebSocket", scenario: flood, key: "rate_per_s", scale: 1e-6, digits: 1}
	const sio, sio4, polls, polls4 = "grandstand, Socket.IO", "socket.io 4.8", "grandstand, Socket.IO polling", "socket.io 4.8, polling"
	all := []quote{
		{"- **%s million deliveries a second from one core**, p99 %s ms", []figure{deliveries, own("WebSocket", flood, "p99_ms", 0)}},
		{"- **%s times a bare write(2) loop** per CPU-second", []figure{limit(w64, perCPU, 0)}},
		{"over 10,000 viewers, and %s times\n", []figure{limit(paced, perDelivery, 2)}},
		{"- **%s bytes and no goroutine per idle viewer**, %s microseconds to connect one", []figure{own("WebSocket", idle, perConn, 0), own("WebSocket", idle, "cpu_us_per_connect", 0)}},
		{"| 10,000 viewers, 5 events/s: CPU per delivery, p99 | %s x, %s x |", []figure{limit(paced, perDelivery, 2), limit(paced, "p99_ms", 2)}},
		{"| 1,000 viewers, 100 events/s: CPU per delivery, p99 | %s x, %s x |", []figure{limit(busy, perDelivery, 2), limit(busy, "p99_ms", 2)}},
		{"against interval 0: CPU | %s x |", []figure{against("WebSocket, flush_interval 50ms", busy, perDelivery, "WebSocket", 2)}},
		{"| 10,000 viewers, at most 4 / 16 / 64 undelivered events: deliveries per CPU-second | %s x / %s x / %s x |", []figure{limit(w4, perCPU, 1), limit(w16, perCPU, 0), limit(w64, perCPU, 0)}},
		{"| 1,000 viewers, at most 16 / 64 undelivered events | %s x / %s x |", []figure{limit(small16, perCPU, 0), limit(small64, perCPU, 0)}},
		{"against one in one room: CPU | %s x |", []figure{against("WebSocket, in 3 rooms", w64, perDelivery, "WebSocket", 2)}},
		{"| 10,000 long-polls, at most 4 undelivered events: deliveries per CPU-second | %s x |", []figure{against("long-poll", w4, perCPU, "limit", 1)}},
		{"A parked long-poll costs %s bytes, an SSE viewer %s;", []figure{own("long-poll", idle, perConn, 0), own("SSE", idle, perConn, 0)}},
		{"an answered poll costs %s times the CPU of a WebSocket delivery, an SSE delivery %s times", []figure{against("long-poll", paced, perDelivery, "WebSocket", 2), against("SSE", paced, perDelivery, "WebSocket", 2)}},
		{"%s bytes a client against %s;", []figure{them(sio, crowd, perConn, "", 0), them(sio4, crowd, perConn, "", 0)}},
		{"%s x the CPU per delivery, and %s x the deliveries per CPU-second", []figure{them(sio, crowdPaced, perDelivery, sio4, 2), them(sio, small16, perCPU, sio4, 0)}},
		{"Clients that only poll: %s bytes against %s; %s x; %s x.", []figure{them(polls, crowd, perConn, "", 0), them(polls4, crowd, perConn, "", 0), them(polls, crowdPaced, perDelivery, polls4, 2), them(polls, small16, perCPU, polls4, 1)}},
	}
	for _, row := range []struct{ name, file, key string }{{"a pool of 300 threads", "threads", "pool300"}, {"Grandstand", "longpolls", "grandstand"}} {
		f := func(key string, scale float64) figure {
			return figure{file: row.file, key: row.key + key, scale: scale}
		}
		all = append(all, quote{"| long-polls, " + row.name + " | %s | %s ms | %s MB |", []figure{f("_viewers", 1), f("_p99_ms", 1), f("_rss_bytes", 1e-6)}})
	}
	return all
}
