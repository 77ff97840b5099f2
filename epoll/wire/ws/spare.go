package ws

import "sync"

// spare holds compressors and decompressors between messages. They are large
// (40 KiB to inflate, up to 1 MiB to deflate) and needed for microseconds, so
// they belong to the process and not to a connection. A spare one has no state
// that could be seen, which is why this may be global.
//
//nolint:gochecknoglobals // a cache without meaning; see above
var spare struct {
	inflaters sync.Pool
	deflaters [maxLevel + 1]sync.Pool // by level
}
