package main

// examples are command lines that the help of a command shows.
func examples(command string) []string {
	switch command {
	case "run":
		return []string{
			"bench run configs/bench/fanout.yaml",
			"bench run configs/bench/match.yaml --viewers 10000 --html match.html",
			"bench run configs/bench/idle.yaml --spawn 'bin/server --config configs/bench.yaml'",
		}
	case "connect":
		return []string{
			"bench connect --viewers 10000 --hold 30s --spawn 'bin/server --config configs/bench.yaml'",
			"bench connect -n 5000 --transport sse --ramp 1000 --metrics http://127.0.0.1:9090/metrics",
		}
	case "fanout":
		return []string{
			"bench fanout -n 10000 -r 5 -d 30s --threshold 'p99<400ms' --threshold 'loss==0'",
			"bench fanout -n 2000 --transport socketio-polling --csv fanout.csv --html fanout.html",
			"bench fanout -n 10000 --rooms 3 --spawn 'bin/server --config configs/bench.yaml' --server-cpus 0 --client-cpus 1",
		}
	case "saturate":
		return []string{
			"bench saturate -n 10000 --window 64 --spawn 'bin/server --config configs/bench.yaml' --server-cpus 0 --client-cpus 1",
			"bench saturate -n 1000 --url ws://127.0.0.1:8081/live/ws --publish http://127.0.0.1:9091 --spawn 'bench limit'",
		}
	case "echo":
		return []string{"bench echo -n 1000 -d 10s --spawn 'bin/server --config configs/bench.yaml'"}
	case "replay":
		return []string{
			"bench replay -n 2000 -d 2m",
			"bench replay -n 2000 --trace what-happened.csv --speed 2 -d 0s",
			"bench replay -n 2000 --rooms 2 --chat chat.csv --match match.csv --from 10m -d 5m",
		}
	case "slow":
		return []string{"bench slow -n 1000 --share 5 --stall 30s --rate 50 --baseline 10s"}
	case "churn":
		return []string{"bench churn -n 1000 --rooms 20 --rate 50 -d 30s --seed 7 --threshold 'lost==0'"}
	case "storm":
		return []string{"bench storm -n 5000 --rate 5 -d 30s --how cut", "bench storm -n 5000 --spread 10s --transport sse"}
	case "mixed":
		return []string{"bench mixed -n 10000 --share websocket=60,sse=20,longpoll=20 --rate 5"}
	}
	return more(command)
}

// more are those of commands that are no scenarios, or of several servers.
func more(command string) []string {
	switch command {
	case "capacity":
		return []string{"bench capacity --threads 300 --spawn 'bin/server --config configs/bench.yaml'"}
	case "limit":
		return []string{"bench limit --listen 127.0.0.1:8081 --control 127.0.0.1:9091 --batch 10"}
	case "threads":
		return []string{"bench threads --threads 300 --queue 100"}
	case "goroutines":
		return []string{"bench goroutines --listen 127.0.0.1:8083 --control 127.0.0.1:9093"}
	case "agent":
		return []string{"BENCH_TOKEN=long-and-secret bench agent --listen 0.0.0.0:7700"}
	case "report":
		return []string{"bench report run.json", "bench report old.json new.json -o both.html"}
	case "plot":
		return []string{"bench plot run.json --kind latency -o latency.svg", "bench plot run.json --kind hdr -o hdr.png"}
	case "compare":
		return []string{"bench compare configs/bench/rivals.yaml --repeat 5 --html rivals.html", "bench compare old.json new.json", "bench compare old-1.json old-2.json -- new-1.json new-2.json --fail-on-worse"}
	}
	return nil
}
