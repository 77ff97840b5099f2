package socketio

// Decoder joins the messages of one connection to packets. It is the same for
// servers and clients: who plays the server refuses a ConnectError itself.
//
// The zero value is ready. It holds nothing but a pointer until attachments
// are awaited. It isn't safe for concurrent use.
type Decoder struct{ wait *partial }

// partial is a packet whose attachments have not all come.
type partial struct {
	packet Packet
	order  []int // attachment by placeholder, nil if in order
	n      int   // how many there will be
	bytes  int   // how many bytes came
}

// Waiting reports whether attachments are awaited. Nobody may keep a
// connection waiting for ever; the timeout is the caller's.
func (d *Decoder) Waiting() bool { return d.wait != nil }

// Text takes a text message, without the Engine.IO type before it. done says
// that the packet is complete; otherwise its attachments follow. Any error is
// an *Error and leaves the Decoder as new.
func (d *Decoder) Text(rev Revision, lim *Limits, p []byte) (k Packet, done bool, err error) {
	if d.wait != nil {
		d.wait = nil
		return Packet{}, false, errText
	}
	if len(p) > lim.MaxBytes {
		return Packet{}, false, errTooLarge
	}
	k, n, err := parse(rev, lim, p)
	if err != nil {
		return Packet{}, false, err
	}
	var order []int
	switch depth := min(lim.MaxDepth, maxDepth); {
	case n > 0:
		k.Data, order, err = settle(k.Data, n, depth)
	case k.Data != nil:
		s := scanner{p: k.Data, depth: depth}
		err = s.whole()
	}
	if err == nil {
		err = k.checkEvent()
	}
	if err != nil {
		return Packet{}, false, err
	}
	if n > 0 {
		d.wait = &partial{packet: k, order: order, n: n, bytes: len(p)}
		return Packet{}, false, nil
	}
	return k, true, nil
}

// Binary takes a binary message, an attachment. done says that it was the
// last one and the packet is complete. Any error is an *Error and leaves the
// Decoder as new.
func (d *Decoder) Binary(lim *Limits, p []byte) (k Packet, done bool, err error) {
	w := d.wait
	if w == nil {
		return Packet{}, false, errBinary
	}
	if w.bytes += len(p); w.bytes > lim.MaxBytes {
		d.wait = nil
		return Packet{}, false, errTooLarge
	}
	w.packet.Attachments = append(w.packet.Attachments, p)
	if len(w.packet.Attachments) < w.n {
		return Packet{}, false, nil
	}
	d.wait = nil
	w.packet.Attachments = arrange(w.packet.Attachments, w.order)
	return w.packet, true, nil
}
