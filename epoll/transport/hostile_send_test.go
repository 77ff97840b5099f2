package transport

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// post is a request to send a body.
func post(query, kind, body string) string {
	return fmt.Sprintf("POST /live/send%s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", query, kind, len(body), body)
}

// The content types that the way up takes.
const (
	asJSON = "application/json"
	asText = "text/plain; charset=utf-8"
	asForm = "application/x-www-form-urlencoded"
)

// TestHostileSend: what the way up refuses; by its own connection's answer, and
// nobody else hears of it.
func TestHostileSend(t *testing.T) {
	h := openListed(t, nil)
	other := h.bystanders()
	sender := h.watch("?room=a")
	me := "?session=" + sender.want("joined").Session
	for name, list := range map[string][]attempt{
		"who": whoAttempts(me), "type": typeAttempts(me), "JSON": jsonAttempts(me), "form": formAttempts(me), "size": sizeAttempts(me),
	} {
		t.Run(name, func(t *testing.T) {
			for _, at := range list {
				h.in(t).refused(at)
			}
		})
		other.unharmed()
	}
	sender.alive() // and the event it would get first is none of these
	if s := h.hub.Stats(); s.Events != int64(other.n) || s.Rooms != 2 {
		t.Errorf("%d events in %d rooms, want %d in 2", s.Events, s.Rooms, other.n)
	}
}

// whoAttempts are by those who are nobody.
func whoAttempts(me string) (list []attempt) {
	const publish = `{"type":"publish","room":"a","event":"n","data":"` + mark + `"}`
	add := func(name, raw string, status int, code string) {
		list = append(list, attempt{name: name, raw: raw, status: status, code: code})
	}
	add("nobody", post("", asJSON, publish), 401, "bad_token")
	add("nobody, empty", post("?session=&token=", asJSON, publish), 401, "bad_token")
	for _, v := range append(injections(), mark, strings.Repeat(mark, 300)) {
		add("session "+v, post("?session="+v, asJSON, publish), 404, "not_found")
		add("token "+v, post("?token="+v, asJSON, publish), 403, "forbidden")
	}
	for _, v := range []string{mark, mark + "\xff", "Bearer " + mark, mark + ", Bearer " + mark, strings.Repeat("=", 4000) + mark} {
		raw := post("", asText, publish)
		add("bearer "+v, strings.Replace(raw, "\r\n\r\n", "\r\nAuthorization: Bearer "+v+"\r\n\r\n", 1), 403, "forbidden")
	}
	add("session in the body", post("", asJSON, `{"session":"`+mark+`\u0000\r\n","messages":[`+publish+`]}`), 404, "not_found")
	add("token in the body", post("", asJSON, `{"token":"`+mark+`\u2028","messages":[`+publish+`]}`), 403, "forbidden")
	add("both in a form", post("", asForm, "type=publish&room=a&event=n&session="+mark+"%0d%0a&token="+mark), 404, "not_found")
	add("of another", post(me+mark, asJSON, publish), 404, "not_found")
	return list
}

// typeAttempts are of content types that are not taken.
func typeAttempts(me string) (list []attempt) {
	for _, kind := range []string{"", mark, mark + "/" + mark, "text/html", "application/json5", "application/json, text/plain", "application/" + mark + "+json",
		"multipart/form-data; boundary=" + mark, "application/x-www-form-urlencoded" + mark, "; application/json", "application /json", "*/*", "application/json\xff"} {
		list = append(list, attempt{name: kind, raw: post(me, kind, `{"type":"ping"}`), status: 415, code: "unsupported_media_type"})
	}
	return append(list, attempt{name: "none", raw: "POST /live/send" + me + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
		status: 415, code: "unsupported_media_type"})
}

// jsonAttempts are bodies that are no messages, or messages of nonsense.
func jsonAttempts(me string) (list []attempt) {
	const digits = "742691337742691337742691337742691337"
	add := func(code, body, secret string) {
		for _, kind := range []string{asJSON, asText} {
			list = append(list, attempt{name: fmt.Sprintf("%.80q", body), raw: post(me, kind, body), status: 400, code: code, secret: secret})
		}
	}
	for _, body := range []string{"", " ", mark, `"` + mark + `"`, `{"type":"` + mark, `{"type":"ping"}` + mark, `{'type':'` + mark + `'}`,
		`{"` + mark + `":}`, `[`, `[[{"type":"ping"}]]`, `["` + mark + `"]`, "null", "[null", "[]", `{"messages":[]}`, `{"messages":"` + mark + `"}`,
		`{"type":"` + mark + `"}`, `{"type":["` + mark + `"]}`, `{"type":"ping","ack":"` + mark + `"}`, `{"type":"ping","ack":{"` + mark + `":1}}`,
		`{"type":"join","room":"b","history":"` + mark + `"}`, `{"type":"join","room":"b","history":-1}`, "\xef\xbb\xbf{}", "{\x00}",
		`{"type":"ping","` + mark + `":` + strings.Repeat("[", 20000) + "1" + strings.Repeat("]", 20000) + `}`, strings.Repeat("[", 60000), strings.Repeat(`{"a":`, 12000)} {
		add("bad_message", body, "")
	}
	add("bad_message", `{"type":"ping","ack":`+digits+`}`, digits)
	add("bad_message", `{"type":"ping","ack":1e`+digits+`}`, digits)
	add("bad_message", `{"type":"join","room":"b","history":`+digits+`}`, digits)
	add("bad_message", `{"type":`+digits+`}`, digits)
	add("bad_message", `{"type":"ping",~`, "~")
	for _, room := range []string{"", mark + " ", mark + `\u0000`, mark + `\r\nx: y`, mark + `\"`, "<" + mark + ">", strings.Repeat(mark, 26), mark + "é", mark + "\xff"} {
		for _, kind := range []string{"join", "publish"} {
			add("bad_room", `{"type":"`+kind+`","room":"`+room+`","event":"n","data":1}`, "")
		}
	}
	for _, event := range []string{"", mark + `\n`, mark + `\u0000`, mark + `\u2028`, mark + "\u2029", mark + `\u007f`, strings.Repeat(mark, 26)} {
		add("bad_event", `{"type":"publish","room":"a","event":"`+event+`","data":1}`, "")
	}
	for _, since := range []string{mark, "-", mark + `-\u0031\r\n`, mark + "-18446744073709551616"} {
		add("bad_cursor", `{"type":"join","room":"b","since":"`+since+`"}`, "")
	}
	add("bad_data", `{"type":"publish","room":"a","event":"n","data":"`+mark+"\xff"+`"}`, "")
	add("not_joined", `{"type":"leave","room":"`+mark+`"}`, "")
	add("too_many", "["+strings.Repeat(`{"type":"ping"},`, 100)+`{"type":"`+mark+`"}]`, "")
	add("too_many", `{"session":"`+mark+`","messages":[`+strings.Repeat(`{"type":"ping"},`, 1000)+`{"type":"ping"}]}`, "")
	return list
}

// formAttempts are forms that are no messages.
func formAttempts(me string) (list []attempt) {
	add := func(code, body, secret string) {
		list = append(list, attempt{name: fmt.Sprintf("%.80q", body), raw: post(me, asForm, body), status: 400, code: code, secret: secret})
	}
	for _, body := range []string{"", mark, "=" + mark, "&&&&", "type", "type=" + mark, "type=ping%00", "type=%zz", "%", `{"type":"ping"}`, "type=ping&ack=" + mark,
		"type=ping&ack=9223372036854775808", "type=ping&ack=1.0", "type=join&room=b&history=" + mark, "type=join&room=b&history=-1",
		"type=join&room=b&history=99999999999", strings.Repeat("a&", 30000), strings.Repeat("type=&", 10000)} {
		add("bad_message", body, "")
	}
	for _, v := range append(injections(), "", strings.Repeat(mark, 26)) {
		add("bad_room", "type=publish&event=n&data=1&room="+v, "")
	}
	for _, v := range []string{"", mark + "%0d%0aid:%20" + mark, mark + "%00", mark + "%ff", mark + "%e2%80%a8", strings.Repeat(mark, 26)} {
		add("bad_event", "type=publish&room=a&data=1&event="+v, "")
	}
	// What is not JSON would stand in everybody's messages as it came.
	for _, v := range []string{mark, "%22" + mark, mark + "%22", "%5C%22", "%22%5C", "{%22" + mark, "1,%22room%22:%22" + mark + "%22", "1)</script>" + mark,
		"%22" + mark + "%0a%22", "%22" + mark + "%ff%22", "%00", "{}{}", "NaN", "'" + mark + "'", "~", "%C2%B6", strings.Repeat("[", 20000)} {
		add("bad_data", "type=publish&room=a&event=n&data="+v, "")
	}
	add("bad_data", "type=publish&room=a&event=n&data=~", "~")
	add("bad_data", "type=publish&room=a&event=n&data={~", "~")
	return list
}

// sizeAttempts are bodies above the limit; the first comes without its body,
// and nobody waits for it.
func sizeAttempts(me string) (list []attempt) {
	head := "POST /live/send" + me + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
	for _, raw := range []string{
		head + "Content-Length: 65537\r\n\r\n", head + "Content-Length: 99999999999999999999\r\n\r\n" + mark,
		head + "Content-Length: 70000\r\nExpect: 100-continue\r\n\r\n",
		post(me, asForm, "type=publish&data="+strings.Repeat(mark, 7000)), post(me, asJSON, strings.Repeat(" ", 1<<20)),
		head + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" + mark, head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("a\r\n"+mark+"\r\n", 10000),
	} {
		list = append(list, attempt{name: fmt.Sprintf("%.150q", raw), raw: raw, status: 413, code: "body_too_large"})
	}
	return append(list, attempt{name: "chunk of no number", raw: head + "Transfer-Encoding: chunked\r\n\r\n" + mark + "\r\n", status: 400, code: "bad_chunk"})
}

// TestHostileBatch: in a batch each message has its own answer, and none of
// them says what was sent.
func TestHostileBatch(t *testing.T) {
	h := openListed(t, nil)
	me := "?session=" + h.watch("?room=a").want("joined").Session
	body := `[{"type":"` + mark + `"},{"type":"join","room":"` + mark + `<"},{"type":"publish","room":"a","event":"` + mark + `\n"},
		{"type":"leave","room":"` + mark + `"},{"type":"join","room":"b","since":"` + mark + `"},{"type":"ping","ack":7}]`
	a := h.ask(post(me, asJSON, body))
	if a.status != 200 || strings.Contains(a.body, mark) || strings.Count(a.body, `{"type":"error"`) != 5 || !strings.HasSuffix(a.body, `,{"type":"pong","ack":7}]`) {
		t.Errorf("%d %s, want five errors and a pong without %s", a.status, a.body, mark)
	}
}

// TestHostileSlowBodies: a body has body_timeout, however it comes; those that
// drip are told so while everybody else is served.
func TestHostileSlowBodies(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.cfg.BodyTimeout = 300 * time.Millisecond })
	other := h.bystanders()
	long := strings.Repeat(mark, 300)
	chunked := strings.Replace(post("", asJSON, ""), "Content-Length: 0", "Transfer-Encoding: chunked", 1)
	t.Run("all", func(t *testing.T) {
		for name, raw := range map[string]string{
			"JSON": post("", asJSON, `{"type":"`+long), "form": post("?token="+mark, asForm, "type="+long), "no type": post("", "", long),
			"chunks": chunked + strings.Repeat("1\r\na\r\n", 1000), "extension": chunked + "1;" + long, "trailers": chunked + "0\r\nX: " + long,
			"to a poll": strings.Replace(post("", asJSON, long), "POST /live/send", "GET /live/poll?room=a", 1),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c := h.in(t).dial(0)
				body := strings.Index(raw, "\r\n\r\n") + 4
				start := time.Now()
				io.WriteString(c, raw[:body])
				go drip(c, raw[body:len(raw)-1]) // stops: the connection ends
				r := bufio.NewReader(c)
				a, err := readReply(r, "POST")
				took := time.Since(start)
				if err != nil || a.status != 408 || a.code() != "request_timeout" || !a.last() || strings.Contains(a.body, mark) {
					t.Errorf("%d %s, %v, want 408 and the end", a.status, a.body, err)
				}
				if took < 290*time.Millisecond || took > 3*time.Second {
					t.Errorf("after %v, want 300ms", took)
				}
				if rest, _ := io.ReadAll(r); len(rest) > 0 {
					t.Errorf("then %q, want the end", rest)
				}
			})
		}
	})
	other.unharmed()
}
