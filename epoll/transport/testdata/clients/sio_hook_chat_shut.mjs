// Finds the chat of sio_hook_chat.mjs shut, as its application cannot be asked.
import {io} from "sio48";
import {same, viewers, within} from "./lib.mjs";

const ada = io(`http://${viewers}`, {auth: {nick: "ada"}, reconnection: false});
const e = await within("connect_error", new Promise(done => ada.on("connect_error", done)));
same("code", e.data.code, "hook_unavailable");
process.exit(0);
