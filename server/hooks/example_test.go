package hooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"grandstand/server/hooks"
)

// An application in Go that lets in who has a name, and greets. Any language
// with an HTTP server does it the same way.
func Example() {
	const secret = "at least 32 bytes that nobody guesses"
	application := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "cut short", http.StatusBadRequest)
			return
		}
		timestamp, signature := r.Header.Get(hooks.HeaderTimestamp), r.Header.Get(hooks.HeaderSignature)
		if err := hooks.Verify(secret, timestamp, signature, body, time.Now()); err != nil {
			http.Error(w, "not from the server", http.StatusUnauthorized)
			return
		}
		var call struct {
			Hook string
			Auth struct{ Nick string }
		}
		if err := json.Unmarshal(body, &call); err != nil {
			http.Error(w, "not a call", http.StatusBadRequest)
			return
		}
		switch {
		case call.Hook != "connect":
			w.WriteHeader(http.StatusNoContent) // as it is
		case call.Auth.Nick == "":
			io.WriteString(w, `{"reject":{"code":"no_nick","message":"who are you?"}}`)
		default:
			io.WriteString(w, `{"join":["lobby"],"emit":[{"event":"welcome","args":["to the lobby"]}]}`)
		}
	})
	server := httptest.NewServer(application)
	defer server.Close()

	cfg := hooks.DefaultConfig()
	cfg.URL, cfg.Secret = server.URL, secret
	h, err := hooks.New(cfg, slog.Default())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer h.Close(context.Background())
	for _, auth := range []string{`{"nick":"ada"}`, `{}`} {
		a, err := h.Ask(context.Background(), hooks.Call{Hook: hooks.Connect, Socket: "s1", Auth: json.RawMessage(auth)})
		switch {
		case err != nil:
			fmt.Println(err)
		case a.Reject != nil:
			fmt.Println("rejected:", a.Reject.Message)
		default:
			fmt.Printf("joins %s, gets %s %s\n", a.Join, a.Emit[0].Event, a.Emit[0].Args)
		}
	}
	// Output:
	// joins [lobby], gets welcome ["to the lobby"]
	// rejected: who are you?
}
