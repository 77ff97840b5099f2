// A thread that publishes at a rate, whatever else its program has to do.
// workerData is {room, events, rate}; the ids are what it posts.
import {parentPort, workerData} from "node:worker_threads";
import {publishing} from "./ways_tally.mjs";

const {room, events, rate} = workerData, begun = Date.now();
const ids = await publishing(room, events, rate);
parentPort.postMessage({ids, took: Date.now() - begun});
