// The versions of the stock Socket.IO client, as they are in Node.
import io23 from "sio23";
import io25 from "sio25";
import {io as io31} from "sio31";
import {io as io40} from "sio40";
import {io as io48} from "sio48";
import msgpack from "socket.io-msgpack-parser";

const path = "/socket.io";

// kinds by name: the protocol each speaks, its path and options of its own.
export const kinds = {
  "4.8": {io: io48, protocol: 5, path, recovers: true},
  "4.8 msgpack": {io: io48, protocol: 5, path: "/msgpack", recovers: true, options: {parser: msgpack}},
  "4.0": {io: io40, protocol: 5, path},
  "3.1": {io: io31, protocol: 5, path},
  "2.5": {io: io25, protocol: 4, path},
  "2.3": {io: io23, protocol: 4, path},
};
