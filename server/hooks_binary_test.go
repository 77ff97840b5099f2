package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"grandstand/server/config"
)

// TestHooksBinary has stock clients of both versions and both parsers get binary
// back from an application over HTTP: as an ack, as an event for themselves, and
// as one for all.
func TestHooksBinary(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c struct {
			Event             string
			Args, Attachments json.RawMessage
		}
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
			t.Error(err)
		}
		if c.Event == "" { // connect
			return
		}
		one := `"attachments":["AP8="]`
		fmt.Fprintf(w, `{"ack":%s,"attachments":%s,"emit":[
			{"event":"own","args":["for you",{"b":[{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]}],"attachments":["AQ==",""]},
			{"event":"all","all":true,"data":{"_placeholder":true,"num":0},%s}]}`, c.Args, c.Attachments, one)
	}))
	defer app.Close()
	cfg := config.Default()
	cfg.Hooks.URL = app.URL
	packed := cfg.Viewers.EngineIO[0]
	packed.Path, packed.SocketIO.Parser = "/msgpack/", "msgpack"
	cfg.Viewers.EngineIO = append(cfg.Viewers.EngineIO, packed)
	runClient(t, "sio_hook_binary.mjs", startServer(t, cfg))
}
