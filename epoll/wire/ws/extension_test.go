package ws

import "testing"

func TestNegotiate(t *testing.T) {
	const plain, bits = deflateAnswer, deflateAnswer15
	for _, tt := range []struct {
		name, value, want string
		malformed         bool
	}{
		{name: "nothing", value: ""},
		{name: "§5.1 the bare name", value: "permessage-deflate", want: plain},
		{name: "Chrome and Firefox", value: "permessage-deflate; client_max_window_bits", want: plain},
		{name: "Safari of old", value: "x-webkit-deflate-frame"},
		{name: "case matters", value: "Permessage-Deflate"},
		{name: "§7.1.1.1 no server context", value: "permessage-deflate; server_no_context_takeover", want: plain},
		{name: "§7.1.1.2 no client context", value: "permessage-deflate;client_no_context_takeover", want: plain},
		{name: "§7.1.1 with a value", value: "permessage-deflate; server_no_context_takeover=1"},
		{name: "§7.1.1 client with a value", value: "permessage-deflate; client_no_context_takeover=true"},
		{name: "§7.1.2.1 largest window", value: "permessage-deflate; server_max_window_bits=15", want: bits},
		{name: "§7.1.2.1 quoted", value: `permessage-deflate; server_max_window_bits="15"`, want: bits},
		{name: "§7.1.2.1 quoted with an escape", value: `permessage-deflate; server_max_window_bits="1\5"`, want: bits},
		{name: "§7.1.2.1 a window we cannot keep", value: "permessage-deflate; server_max_window_bits=9"},
		{name: "§7.1.2.1 14", value: "permessage-deflate; server_max_window_bits=14"},
		{name: "§7.1.2.1 no value", value: "permessage-deflate; server_max_window_bits"},
		{name: "§7.1.2.1 out of range", value: "permessage-deflate; server_max_window_bits=16"},
		{name: "§7.1.2.1 leading zero", value: "permessage-deflate; server_max_window_bits=015"},
		{name: "§7.1.2.2 with a value", value: "permessage-deflate; client_max_window_bits=10", want: plain},
		{name: "§7.1.2.2 out of range", value: "permessage-deflate; client_max_window_bits=7"},
		{name: "§7.1.2.2 not a number", value: "permessage-deflate; client_max_window_bits=wide"},
		{name: "§7.1 unknown parameter", value: "permessage-deflate; level=9"},
		{name: "§7.1 twice the same", value: "permessage-deflate; client_max_window_bits; client_max_window_bits"},
		{name: "§7.1.3 second offer", value: "permessage-deflate; server_max_window_bits=10; client_max_window_bits, permessage-deflate; client_max_window_bits", want: plain},
		{name: "§5.2 first acceptable", value: "foo, permessage-deflate; server_max_window_bits=15, permessage-deflate", want: bits},
		{name: "all parameters", value: "permessage-deflate ;\tserver_no_context_takeover ; client_no_context_takeover; server_max_window_bits = 15 ;client_max_window_bits=15", want: bits},
		{name: "empty elements", value: " , permessage-deflate ,, ", want: plain},
		{name: "unknown with a quoted value", value: `foo; a="b", permessage-deflate`, want: plain},
		{name: "6455 §9.1 no name", value: "; client_max_window_bits", malformed: true},
		{name: "6455 §9.1 no parameter", value: "permessage-deflate;", malformed: true},
		{name: "6455 §9.1 no value", value: "permessage-deflate; server_max_window_bits=", malformed: true},
		{name: "6455 §9.1 no comma", value: "foo bar", malformed: true},
		{name: "6455 §9.1 not a token", value: "permessage-deflate; a=(b)", malformed: true},
		{name: "6455 §9.1 open quote", value: `permessage-deflate; a="b`, malformed: true},
		{name: "6455 §9.1 empty quotes", value: `permessage-deflate; a=""`, malformed: true},
		{name: "6455 §9.1 no token in quotes", value: `permessage-deflate; a="b c"`, malformed: true},
		{name: "6455 §9.1 escape at the end", value: `permessage-deflate; a="b\`, malformed: true},
		{name: "6455 §9.1 malformed behind a good offer", value: "permessage-deflate, =", malformed: true},
		{name: "6455 §9.1 raw octets", value: "permessage-deflate\xff", malformed: true},
	} {
		got, ok := negotiate([]byte(tt.value))
		if got != tt.want && ok || ok == tt.malformed {
			t.Errorf("%s: negotiate(%q) = %q, %t, want %q, %t", tt.name, tt.value, got, ok, tt.want, !tt.malformed)
		}
	}
}
