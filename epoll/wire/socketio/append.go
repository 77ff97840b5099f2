package socketio

import "strconv"

// AppendPacket appends the text message of a packet, without the Engine.IO
// type before it. Its attachments follow as binary messages of their own, in
// order, with nothing between them.
//
// Data goes out as it is: see Packet for what stands in it. Servers and
// clients write the same, but a client of revision 4 may have a Query.
func AppendPacket(dst []byte, rev Revision, k *Packet) []byte {
	dst = appendType(dst, k.Type, len(k.Attachments))
	if rev == V4 && k.Type == Connect && k.Query != "" {
		dst = append(append(dst, k.namespace()...), '?')
		dst = append(append(dst, k.Query...), ',')
	} else {
		dst = appendNamespace(dst, k.Namespace)
	}
	if k.HasID {
		dst = strconv.AppendUint(dst, k.ID, 10)
	}
	return append(dst, k.Data...)
}

// AppendEventHead appends what stands before the array of an event, which may
// have the name of a namespace, an id for its ack, and attachments.
func AppendEventHead(dst []byte, namespace string, id uint64, hasID bool, attachments int) []byte {
	dst = appendNamespace(appendType(dst, Event, attachments), namespace)
	if hasID {
		dst = strconv.AppendUint(dst, id, 10)
	}
	return dst
}

// AppendAckHead appends what stands before the array of an ack.
func AppendAckHead(dst []byte, namespace string, id uint64, attachments int) []byte {
	dst = appendNamespace(appendType(dst, Ack, attachments), namespace)
	return strconv.AppendUint(dst, id, 10)
}

// AppendConnected appends the server's answer to a Connect. pid is left out if
// it is empty; revision 4 has neither id: its clients know theirs.
func AppendConnected(dst []byte, rev Revision, namespace, sid, pid string) []byte {
	dst = appendNamespace(appendType(dst, Connect, 0), namespace)
	if rev == V4 {
		return dst
	}
	return AppendConnectedData(dst, sid, pid)
}

// AppendConnectedData appends the Data of AppendConnected's packet.
func AppendConnectedData(dst []byte, sid, pid string) []byte {
	dst = AppendString(append(dst, `{"sid":`...), sid)
	if pid != "" {
		dst = AppendString(append(dst, `,"pid":`...), pid)
	}
	return append(dst, '}')
}

// AppendConnectError appends the server's refusal of a Connect. data is JSON
// of the application, nil if there is none.
func AppendConnectError(dst []byte, rev Revision, namespace, message string, data []byte) []byte {
	dst = appendNamespace(appendType(dst, ConnectError, 0), namespace)
	return AppendConnectErrorData(dst, rev, message, data)
}

// AppendConnectErrorData appends the Data of AppendConnectError's packet.
// Revision 4 has either the message or the data.
func AppendConnectErrorData(dst []byte, rev Revision, message string, data []byte) []byte {
	if rev == V4 {
		if data != nil {
			return append(dst, data...)
		}
		return AppendString(dst, message)
	}
	dst = AppendString(append(dst, `{"message":`...), message)
	if data != nil {
		dst = append(append(dst, `,"data":`...), data...)
	}
	return append(dst, '}')
}

// AppendDisconnect appends the end of a namespace, the same from both sides.
func AppendDisconnect(dst []byte, namespace string) []byte {
	return appendNamespace(appendType(dst, Disconnect, 0), namespace)
}

// appendType begins a packet. Without attachments a packet is never a binary
// one: the reference takes a count of 0 for an attack.
func appendType(dst []byte, t Type, attachments int) []byte {
	if attachments == 0 {
		return append(dst, '0'+byte(t))
	}
	dst = append(dst, '0'+byte(t+BinaryEvent-Event))
	dst = strconv.AppendInt(dst, int64(attachments), 10)
	return append(dst, '-')
}

// appendNamespace appends the name and the comma, nothing for Root.
func appendNamespace(dst []byte, namespace string) []byte {
	if namespace == "" || namespace == Root {
		return dst
	}
	return append(append(dst, namespace...), ',')
}
