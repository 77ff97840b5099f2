/**
 * Grandstand for browsers: one viewer of one or more rooms, on whatever way in
 * works where it is. `<script src="/live.js">` gives `Live`; so does
 * `import "/live.js"`. ES2017, no dependencies, no build step.
 *
 *     const live = new Live("https://host/live", {rooms: ["match:42"]});
 *     live.on("goal", (data, {room, id}) => …);     // events of the rooms
 *     live.when("gap", gap => …);                   // what happens to the viewer
 *     await live.publish("match:42", "chat", {text: "hi"});
 *
 * An event is given to the handlers once, in order, whatever connection it came
 * by. What was missed is told as a gap, never passed over.
 */
declare class Live {
  /** url is the prefix of the ways in, without a slash at its end: "https://host/live" or "/live". */
  constructor(url: string, options?: Live.Options);

  /**
   * Calls fn for events of that name, of all rooms; "*" is every event. An
   * event named like one of the happenings of `when` is not mixed up with it.
   */
  on(event: string, fn: (data: any, event: Live.Event) => void): void;

  /** Calls fn when that happens to the viewer itself. */
  when<K extends keyof Live.Happenings>(what: K, fn: Live.Happenings[K]): void;

  /**
   * Publishes an event, and promises its id. It goes by the WebSocket if that
   * is the transport, otherwise by a request of its own. Rejects with an Error
   * that has the server's `code`; without one it is not known whether the event
   * was published: the connection was lost before the answer came.
   */
  publish(room: string, event: string, data?: any): Promise<string>;

  /**
   * Joins one more room, from now on. On a WebSocket that is a message,
   * otherwise the connection is made anew, which loses nothing.
   */
  join(room: string): void;

  /** Leaves a room. */
  leave(room: string): void;

  /** Ends the viewer for good. */
  close(): void;

  /** What it does: see Happenings. */
  readonly state: "down" | "open" | "paused" | "closed";

  /** The transport while open. */
  readonly transport: Live.Transport | undefined;

  /** Where it stands, in all rooms; "" at first. Kept, it is a later viewer's `since`. */
  readonly cursor: string;
}

declare namespace Live {
  type Transport = "websocket" | "sse" | "stream" | "longpoll" | "poll";

  interface Options {
    /** The rooms to begin with. Without any it waits for join. */
    rooms?: string[];
    /** The transports to use, the best first; all of them unless given. */
    transports?: Transport[];
    /** A cursor to resume from. */
    since?: string;
    /** How many past events of each room to begin with, when there is nothing to resume from. */
    history?: number;
    /** A token to publish with, in place of what viewers may do. Publishing then always is a request. */
    token?: string;
    /** Disconnect when the tab has been hidden for some seconds, and resume when it is seen again. */
    pauseHidden?: boolean;
    /**
     * Milliseconds in which something has to come on a new connection, 2000
     * unless given; polls, and a WebSocket tried beside another transport, have
     * five times that. Then the next transport is tried.
     */
    timeout?: number;
  }

  /** An event as it came. */
  interface Event {
    room: string;
    id: string;
    event: string;
    data: any;
  }

  /** Events of the room with from < id <= to were missed and do not come. */
  interface Gap {
    /** Absent, as is to, when the server did not know the cursor: then it holds for all rooms. */
    room?: string;
    from: string;
    to?: string;
  }

  /** The answer of the server for a room, or of a poll for all its rooms. */
  interface Joined {
    room?: string;
    rooms?: string[];
    cursor: string;
    recovered: boolean;
    /** Why not recovered, if there was a cursor: "history_gone", "other_epoch" or "cursor_ahead". */
    code?: string;
    viewers?: number;
    head?: string;
    session?: string;
  }

  interface Happenings {
    /** Something came on a new connection. Also when a better transport takes over. */
    open: (transport: Transport) => void;
    /** The connection was given up, and is made again in so many milliseconds. */
    down: (why: string | number | undefined, ms: number) => void;
    /** pauseHidden has disconnected it. */
    paused: () => void;
    /** It does not come back by itself: close was called, or the server says so. */
    closed: (why?: string) => void;
    /** A room was joined, again on every new connection. */
    joined: (joined: Joined) => void;
    /** Whether nothing was missed between two connections. For each room, or once if they are polled. */
    recovered: (recovered: boolean) => void;
    gap: (gap: Gap) => void;
    /** The server refused something that nobody waits for, such as a join. */
    error: (error: {code: string; message: string}) => void;
  }
}

interface Window {
  Live: typeof Live;
}
