// Package config is the server's configuration: one tree, put together from
// the Config structs of the packages it configures.
//
// Load starts from the defaults that are compiled in (configs/reference.yaml
// shows every one of them with unit and reason), lays a YAML file over them,
// then the environment, then the flags of the command line, and validates
// what came out. A later source replaces a value whole: a list is not added
// to.
//
// # Errors
//
// Load reports every error at once, each with the place to go to:
//
//	prod.yaml:12:13: rooms.room.history: 0, want at least 1
//	prod.yaml:13:5: rooms.room.histroy_age: unknown key, did you mean history_age?
//	GRANDSTAND_LISTENER_LOOPS: listener.loops: "many", want a whole number
//	--listen: listener.listen[0]: "8080": address 8080: missing port in address
//
// Lines and columns count from 1, columns in characters. A value that is
// wrong although nobody set it (a limit that another one made too small)
// points at the section of the file it belongs to, or says "default".
//
// # The file
//
// YAML 1.2, one document. Unknown and duplicate keys are errors. Anchors,
// aliases, merge keys and tags are refused: a configuration of this size gains
// nothing from them, and every value stays on the line that sets it. Durations
// are written with their unit (500ms, 2m, 1h30m), sizes in bytes.
//
// # The environment
//
// GRANDSTAND_ and the key's path in capitals, joined by _:
// rooms.room.history is GRANDSTAND_ROOMS_ROOM_HISTORY. Lists are separated by
// commas; an empty value is an empty list. Lists of sections (rooms.rules)
// have no variable. A variable that begins with GRANDSTAND_ and names no key
// is an error, but for those that Kubernetes sets by itself for a service of
// that name.
package config
