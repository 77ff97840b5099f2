package load

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// EnoughPorts says what is wanting when viewers of a target are more than the
// addresses they can come from: a connection needs a port of its own among those
// from one source address to one target.
func EnoughPorts(conns int, t Target, sources int) error {
	low, high := portRange()
	have, from := high-low+1, 1
	if t.manySources() {
		from = max(sources, 1)
	}
	if conns <= have*from {
		return nil
	}
	hint := "sysctl -w net.ipv4.ip_local_port_range='1024 65535', or --agents on more machines"
	if t.manySources() {
		hint = fmt.Sprintf("--sources %d", (conns+have-1)/have)
	}
	return fmt.Errorf("%d viewers of %s need as many ports, %d source addresses with %d ports each have %d: use %s",
		conns, t.Addr, from, have, from*have, hint)
}

// manySources says whether viewers call from several addresses: all of 127.0.0.0/8
// are this machine's, of IPv6 there is ::1 alone.
func (t Target) manySources() bool { return t.Addr.Addr().Is4() && t.Addr.Addr().IsLoopback() }

// portRange is the ports that connections get.
func portRange() (low, high int) {
	low, high = 32768, 60999 // the kernel's own default
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if f := strings.Fields(string(b)); len(f) == 2 {
			a, err1 := strconv.Atoi(f[0])
			z, err2 := strconv.Atoi(f[1])
			if err1 == nil && err2 == nil && a <= z {
				low, high = a, z
			}
		}
	}
	return low, high
}
