package epoll_test

import (
	"fmt"
	"io"
	"net"

	"grandstand/epoll"
)

// greeter answers everything and then ends.
type greeter struct{}

func (greeter) Data(c *epoll.Conn, p []byte) {
	if err := c.Write(append([]byte("hello, "), p...)); err == nil {
		c.CloseAfterFlush(nil)
	}
}

func (greeter) Timeout(*epoll.Conn)       {}
func (greeter) Writable(*epoll.Conn)      {}
func (greeter) Closed(*epoll.Conn, error) {}

func ExampleOpen() {
	cfg := epoll.DefaultConfig()
	cfg.Listen = []string{"127.0.0.1:0"}
	g, err := epoll.Open(cfg, nil, func(*epoll.Conn) epoll.Handler { return greeter{} })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer g.Close()

	client, err := net.Dial("tcp", g.Addrs()[0].String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	if _, err := io.WriteString(client, "world"); err != nil {
		fmt.Println(err)
		return
	}
	answer, err := io.ReadAll(client)
	fmt.Println(string(answer), err)
	// Output: hello, world <nil>
}
