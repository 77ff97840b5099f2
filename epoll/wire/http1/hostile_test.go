package http1

import "testing"

const (
	smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
	postHead = "POST / HTTP/1.1\r\nHost: a\r\n"
	chunked  = postHead + "Transfer-Encoding: chunked\r\n\r\n"

	gotGet      = `GET / "" | GET /smuggled ""`
	gotPost     = `POST / "hello" | GET /smuggled ""`
	gotNothing  = `POST / "" | GET /smuggled ""`
	gotGetHello = `GET / "hello" | GET /smuggled ""`
)

type hostileCase struct{ name, in, want string }

// hostileCases are the 43 requests on which the parsers measured for the
// design do not agree. Each is followed by a second request: a parser that
// reads the first one wrong finds it at another place.
func hostileCases() []hostileCase {
	return []hostileCase{
		{"plain", postHead + "Content-Length: 5\r\n\r\nhello", gotPost},
		{"dup CL same", postHead + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "400 duplicate_content_length"},
		{"dup CL differ", postHead + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400 duplicate_content_length"},
		{"CL list 5, 5", postHead + "Content-Length: 5, 5\r\n\r\nhello", "400 bad_content_length"},
		{"CL +5", postHead + "Content-Length: +5\r\n\r\nhello", "400 bad_content_length"},
		{"CL 0x5", postHead + "Content-Length: 0x5\r\n\r\nhello", "400 bad_content_length"},
		{"CL -1", postHead + "Content-Length: -1\r\n\r\nhello", "400 bad_content_length"},
		{"CL huge", postHead + "Content-Length: 99999999999999999999\r\n\r\nhello", "413 body_too_large"},
		{"CL+TE", postHead + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 ambiguous_length"},
		{"TE+CL", postHead + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400 ambiguous_length"},
		{"TE chunked, identity", postHead + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "400 bad_transfer_encoding"},
		{"TE xchunked", postHead + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "400 bad_transfer_encoding"},
		{"TE twice", postHead + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 bad_transfer_encoding"},
		{"TE space-colon", postHead + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "400 bad_header_name"},
		{"TE on HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 bad_transfer_encoding"},
		{"space-colon header", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400 bad_header_name"},
		{"CL space-colon", postHead + "Content-Length : 5\r\n\r\nhello", "400 bad_header_name"},
		{"bare LF lines", "GET / HTTP/1.1\nHost: a\n\n", "400 bad_line_end"},
		{"bare LF in one hdr", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "400 bad_line_end"},
		{"bare CR in value", "GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n", "400 bad_header_value"},
		{"NUL in value", "GET / HTTP/1.1\r\nHost: a\r\nX: y\x00z\r\n\r\n", "400 bad_header_value"},
		{"obs-fold", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", "400 folded_line"},
		{"leading space 1st hdr", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 folded_line"},
		{"no host", "GET / HTTP/1.1\r\n\r\n", "400 missing_host"},
		{"dup host", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 duplicate_host"},
		{"no colon line", "GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n", "400 bad_header_name"},
		{"empty name", "GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n", "400 bad_header_name"},
		{"HTTP/1.1x", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n", "400 bad_version"},
		{"HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", "505 version_not_supported"},
		{"HTTP/0.9 style", "GET /\r\n", "400 bad_request_line"},
		{"tab sep", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_request_line"},
		{"2 spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_request_line"},
		{"lower method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_method"},
		{"space in URI", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_version"},
		{"CTL in URI", "GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
		{"GET with CL body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", gotGetHello},
		{"chunk ext", chunked + "5;ext=1\r\nhello\r\n0\r\n\r\n", gotPost},
		{"chunk bare LF", chunked + "5\nhello\n0\n\n", "400 bad_chunk"},
		{"chunk -5", chunked + "-5\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
		{"chunk 0x5", chunked + "0x5\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
		{"chunk overlong", chunked + "3\r\nhello\r\n0\r\n\r\n", "400 bad_chunk"},
		{"chunk trailer", chunked + "0\r\nX: y\r\n\r\n", gotNothing},
		{"leading CRLF", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_request_line"},
	}
}

func TestHostileRequests(t *testing.T) {
	cases := hostileCases()
	if len(cases) != 43 {
		t.Fatalf("%d cases, want the 43 of the design", len(cases))
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(sameCut(t, DefaultLimits(), tt.in+smuggled)); got != tt.want {
				t.Errorf("%q\ngot  %s\nwant %s", tt.in, got, tt.want)
			}
		})
	}
}

// refusals are hostile requests beyond those 43.
func refusals() []hostileCase { return append(badLines(), badFraming()...) }

func badLines() []hostileCase {
	get := func(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n" }
	host := func(h string) string { return "GET / HTTP/1.1\r\nHost: " + h + "\r\n\r\n" }
	return []hostileCase{
		{"TLS hello", "\x16\x03\x01\x02\x00\x01", "400 bad_request_line"},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 version_not_supported"},
		{"HTTP/1.2", "GET / HTTP/1.2\r\n", "505 version_not_supported"},
		{"lower version", "GET / http/1.1\r\n", "400 bad_version"},
		{"no version", "GET / \r\n", "400 bad_version"},
		{"mixed method", "GEt / HTTP/1.1\r\n", "400 bad_method"},
		{"token method", "M-SEARCH * HTTP/1.1\r\n", "400 bad_method"},
		{"unknown method", "TRACE / HTTP/1.1\r\n", "501 method_not_implemented"},
		{"CONNECT", "CONNECT a:443 HTTP/1.1\r\n", "501 method_not_implemented"},
		{"star with GET", get("*"), "400 bad_target"},
		{"fragment", get("/a#b"), "400 bad_target"},
		{"raw UTF-8", get("/\xc3\xa4"), "400 bad_target"},
		{"DEL", get("/\x7f"), "400 bad_target"},
		{"relative", get("a/b"), "400 bad_target"},
		{"other scheme", get("ftp://a/"), "400 bad_target"},
		{"no authority", get("http:///a"), "400 bad_target"},
		{"other authority", get("http://b/"), "400 bad_host"},
		{"user in authority", get("http://u@a/"), "400 bad_host"},
		{"bad escape", get("/%zz"), "400 bad_path"},
		{"short escape", get("/%4"), "400 bad_path"},
		{"escaped NUL", get("/%00"), "400 bad_path"},
		{"escaped LF", get("/%0a"), "400 bad_path"},
		{"escaped DEL", get("/%7f"), "400 bad_path"},
		{"escaped slash", get("/a%2Fb"), "400 bad_path"},
		{"above the root", get("/a/../../b"), "400 bad_path"},
		{"above the root, escaped", get("/%2e%2e/b"), "400 bad_path"},
		{"empty host", host(""), "400 bad_host"},
		{"host with user", host("u@a"), "400 bad_host"},
		{"host with path", host("a/b"), "400 bad_host"},
		{"host with space", host("a b"), "400 bad_host"},
		{"host list", host("a, b"), "400 bad_host"},
		{"port out of range", host("a:65536"), "400 bad_host"},
		{"port empty", host("a:"), "400 bad_host"},
		{"port no number", host("a:8o"), "400 bad_host"},
		{"port only", host(":80"), "400 bad_host"},
		{"bracket open", host("[::1"), "400 bad_host"},
		{"bracket no address", host("[a]"), "400 bad_host"},
		{"bracket zone", host("[fe80::1%25lo]"), "400 bad_host"},
		{"bracket junk behind", host("[::1]x"), "400 bad_host"},
		{"tab before name", "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", "400 folded_line"},
		{"name with bracket", "GET / HTTP/1.1\r\nHo(st: a\r\n\r\n", "400 bad_header_name"},
		{"CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "400 bad_header_value"},
		{"LF ends head", "GET / HTTP/1.1\r\nHost: a\r\n\n", "400 bad_line_end"},
	}
}

func badFraming() []hostileCase {
	return []hostileCase{
		{"CL empty", postHead + "Content-Length:\r\n\r\n", "400 bad_content_length"},
		{"CL that wraps to 5", postHead + "Content-Length: 18446744073709551621\r\n\r\nhello", "413 body_too_large"},
		{"CL spaced", postHead + "Content-Length: 5 5\r\n\r\n", "400 bad_content_length"},
		{"TE gzip, chunked", postHead + "Transfer-Encoding: gzip, chunked\r\n\r\n", "501 transfer_coding_not_implemented"},
		{"TE chunked, chunked", postHead + "Transfer-Encoding: chunked, chunked\r\n\r\n", "400 bad_transfer_encoding"},
		{"TE empty", postHead + "Transfer-Encoding:\r\n\r\n", "400 bad_transfer_encoding"},
		{"TE vertical tab", postHead + "Transfer-Encoding: \vchunked\r\n\r\n", "400 bad_header_value"},
		{"expectation", postHead + "Expect: more\r\n\r\n", "417 expectation_failed"},
		{"length as trailer", postHead + "Trailer: X,\tContent-Length\r\n\r\n", "400 bad_trailer"},
		{"coding as trailer", postHead + "Trailer: X,\ttransfer-encoding\r\n\r\n", "400 bad_trailer"},
		{"trailer as trailer", postHead + "Trailer:Trailer\r\n\r\n", "400 bad_trailer"},
		{"trailer fasthttp refuses", postHead + "Trailer: Authorization\r\n\r\n", "400 bad_request"},
		{"chunk no size", chunked + "\r\nhello\r\n", "400 bad_chunk"},
		{"chunk space before size", chunked + " 5\r\nhello\r\n", "400 bad_chunk"},
		{"chunk space behind size", chunked + "5 \r\nhello\r\n", "400 bad_chunk"},
		{"chunk extension empty", chunked + "5;\r\nhello\r\n", "400 bad_chunk"},
		{"chunk extensions empty", chunked + "5;;a\r\nhello\r\n", "400 bad_chunk"},
		{"chunk value empty", chunked + "5;a=\r\nhello\r\n", "400 bad_chunk"},
		{"chunk value open", chunked + "5;a=\"\r\nhello\r\n", "400 bad_chunk"},
		{"chunk value goes on", chunked + "5;a=\"b\"c\r\nhello\r\n", "400 bad_chunk"},
		{"chunk bare CR", chunked + "5\rhello\r\n", "400 bad_chunk"},
		{"chunk data ends in LF", chunked + "5\r\nhello\n0\r\n\r\n", "400 bad_chunk"},
		{"trailer no colon", chunked + "0\r\nX\r\n\r\n", "400 bad_trailer"},
		{"trailer folded", chunked + "0\r\nX: y\r\n z\r\n\r\n", "400 bad_trailer"},
		{"trailer space-colon", chunked + "0\r\nX : y\r\n\r\n", "400 bad_trailer"},
		{"trailer bare LF", chunked + "0\r\nX: y\n\r\n", "400 bad_trailer"},
		{"body ends in LF", chunked + "0\r\n\n", "400 bad_trailer"},
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range refusals() {
		t.Run(tt.name, func(t *testing.T) {
			if got := brief(sameCut(t, DefaultLimits(), tt.in)); got != tt.want {
				t.Errorf("%q\ngot  %s\nwant %s", tt.in, got, tt.want)
			}
		})
	}
}
