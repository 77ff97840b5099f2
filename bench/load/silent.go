package load

import "time"

// underWay is how long an event may take past a viewer that joins meanwhile.
const underWay = time.Second

// silentOf counts viewers that are in a room, are owed its events, and have got
// none, though the last was published well after they came: last is when, by
// room. A viewer whose rooms begin at a cursor has a note instead, for the ledger.
func (l *Loop) silentOf(last []int64, owed func(viewer int, open bool) bool) (n int64) {
	for ci := range l.conns {
		c := &l.conns[ci]
		if c.state != stateOpen || c.awaits != 0 || !owed(l.first+ci, true) {
			continue
		}
		for room := range l.k.rooms {
			i := ci*l.k.rooms + room
			_, noted := l.k.open[i]
			if l.k.slots[i].state == slotAny && !noted && last[room]-c.began > int64(underWay) {
				n++
				break
			}
		}
	}
	return n
}
