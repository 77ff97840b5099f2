package socketio

import (
	"bytes"
	"encoding/json"
	"reflect"
	"runtime"
	"testing"
)

// fuzzLimits are small, so that inputs of the fuzzer reach them.
func fuzzLimits() *Limits {
	return &Limits{MaxAttachments: 4, MaxNamespace: 32, MaxQuery: 32, MaxDepth: 8, MaxBytes: 4 << 10}
}

// FuzzText reads a text message and the attachments that follow it, each
// behind a byte that says how long it is; what came out is written and read
// again. What is cut off anywhere is a packet, or waits, or is refused.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		`0`, `0/nsp,{"a":1}`, `0/a?b=c,`, `1/nsp,`, `2["hello",1]`, `2/admin,456["x",{"y":[null,-1.5e3,"\u00e9\n"]}]`, `3/admin,456[]`,
		`4/nsp,{"message":"no"}`, `4"no"`, `20[ "a" ,{ } ] `, `2[1,[[[[[[[1]]]]]]]]`, `29007199254740991["a"]`, `2["connect"]`,
		`2["a",{"_placeholder":true,"num":7,"x":0}]`,
	} {
		f.Add([]byte(s), []byte(nil), false)
		f.Add([]byte(s), []byte(nil), true)
	}
	for _, s := range []string{
		`51-["hello",{"_placeholder":true,"num":0}]`, `52-/n,9["a",[{"_placeholder":true,"num":1}],{"num":0, "\u005fplaceholder":true}]`,
		`61-/n,9[{"_placeholder":true,"num":0}]`, `52-["lies",{"_placeholder":true,"num":0}]`, `54-["a"]`, `599-["a"]`,
		`51-["a",{"_placeholder":true,"num":9}]`, `52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`,
	} {
		f.Add([]byte(s), []byte("\x01x\x00\x03abc"), false)
	}
	f.Fuzz(func(t *testing.T, p, attachments []byte, v4 bool) {
		rev := V5
		if v4 {
			rev = V4
		}
		lim, given := fuzzLimits(), bytes.Clone(p)
		k, ok := readAll(lim, rev, p, pieces(attachments))
		if !bytes.Equal(p, given) {
			t.Fatalf("%q was changed", given)
		}
		for cut := range min(len(p), 64) {
			readAll(lim, rev, bytes.Clone(p[:cut]), pieces(attachments)) // must not panic
		}
		if !ok {
			return
		}
		wellMade(t, lim, &k)
		again(t, rev, &k)
	})
}

// readAll gives a new Decoder a text and attachments as long as it waits.
func readAll(lim *Limits, rev Revision, p []byte, attachments [][]byte) (Packet, bool) {
	var d Decoder
	k, done, err := d.Text(rev, lim, p)
	for err == nil && !done && len(attachments) > 0 {
		k, done, err = d.Binary(lim, attachments[0])
		attachments = attachments[1:]
	}
	return k, err == nil && done
}

// pieces cuts p into what follows each byte of length.
func pieces(p []byte) (list [][]byte) {
	for len(p) > 0 {
		n := min(int(p[0]), len(p)-1)
		list = append(list, p[1:1+n])
		p = p[1+n:]
	}
	return list
}

// wellMade checks what every packet that was read keeps to.
func wellMade(t *testing.T, lim *Limits, k *Packet) {
	t.Helper()
	if k.Type > ConnectError || k.Namespace == "" || k.Namespace[0] != '/' || len(k.Namespace) > lim.MaxNamespace || k.ID > maxID || !k.HasID && k.ID != 0 {
		t.Fatalf("packet %+v", k)
	}
	if k.Data != nil && !json.Valid(k.Data) {
		t.Fatalf("data %q is no JSON", k.Data)
	}
	if len(k.Attachments) > lim.MaxAttachments {
		t.Fatalf("%d attachments, limit %d", len(k.Attachments), lim.MaxAttachments)
	}
	if len(k.Attachments) == 0 {
		return
	}
	nums, err := Placeholders(k.Data)
	if err != nil || len(nums) != len(k.Attachments) {
		t.Fatalf("%d attachments, placeholders %v of %q, %v", len(k.Attachments), nums, k.Data, err)
	}
	for i, num := range nums {
		if num != i {
			t.Fatalf("placeholders %v of %q", nums, k.Data)
		}
	}
}

// again writes a packet as text and reads it.
func again(t *testing.T, rev Revision, k *Packet) {
	t.Helper()
	wire := AppendPacket(nil, rev, k)
	lim := DefaultLimits()
	if got, ok := readAll(&lim, rev, wire, k.Attachments); !ok || !same(&got, k) {
		t.Fatalf("%+v is written %q, read %v %+v", k, wire, ok, got)
	}
}

// same compares packets; an attachment of no bytes may be nil.
func same(a, b *Packet) bool {
	x, y := *a, *b
	x.Attachments, y.Attachments = nil, nil
	return reflect.DeepEqual(x, y) && len(a.Attachments) == len(b.Attachments) && bytes.Equal(bytes.Join(a.Attachments, []byte("|")), bytes.Join(b.Attachments, []byte("|")))
}

// FuzzMsgpack reads a message of socket.io-msgpack-parser, writes what came out
// and reads it again, and writes it as text and reads that.
func FuzzMsgpack(f *testing.F) {
	for _, tt := range msgpackCases() {
		f.Add([]byte(tt.in))
	}
	for _, tt := range msgpackRefused() {
		if len(tt.in) < 1<<10 {
			f.Add([]byte(tt.in))
		}
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		lim, given := fuzzLimits(), bytes.Clone(p)
		k, err := ParseMsgpack(lim, p)
		if !bytes.Equal(p, given) {
			t.Fatalf("%q was changed", given)
		}
		for cut := range min(len(p), 64) {
			if k, err := ParseMsgpack(lim, p[:cut]); err == nil {
				wellMade(t, lim, &k)
			}
		}
		if err != nil {
			return
		}
		wellMade(t, lim, &k)
		wire, err := AppendMsgpack(nil, &k)
		if err != nil {
			t.Fatalf("%q gave %+v, which cannot be written: %v", p, k, err)
		}
		wide := DefaultLimits()
		if got, err := ParseMsgpack(&wide, wire); err != nil || !same(&got, &k) {
			t.Fatalf("%q gave %+v, written %q, read %+v, %v", p, k, wire, got, err)
		}
		if !bytes.ContainsAny([]byte(k.Namespace), ",?") { // which text has no way to say
			again(t, V5, &k)
		}
	})
}

// FuzzAllocation: what is read takes a multiple of its own size, however large
// the sizes are that it claims.
func FuzzAllocation(f *testing.F) {
	f.Add([]byte(`599999-["a"]`))
	f.Add([]byte(`54-["a"` + `,{"_placeholder":true,"num":0}`))
	f.Add([]byte("\xdf\xff\xff\xff\xff"))
	f.Add([]byte("\x81\xa4data\xdd\xff\xff\xff\xff"))
	f.Add([]byte("\x81\xa4data\xc6\xff\xff\xff\xff"))
	f.Add([]byte("\x81\xa4data\xdb\x7f\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, p []byte) {
		lim := DefaultLimits()
		for name, read := range map[string]func(){
			"text":    func() { var d Decoder; d.Text(V5, &lim, p) },
			"msgpack": func() { ParseMsgpack(&lim, p) },
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			read()
			runtime.ReadMemStats(&after)
			// A byte becomes a placeholder or an escape at most; the rest is
			// slices that double, and what the runtime does meanwhile.
			if took, most := after.TotalAlloc-before.TotalAlloc, uint64(128*len(p)+64<<10); took > most {
				t.Fatalf("%s of %d bytes takes %d, want at most %d: %.100q", name, len(p), took, most, p)
			}
		}
	})
}
