// What the protocol checks need: a WebSocket whose events can be awaited.
import WebSocket from "ws";

/** A WebSocket that keeps messages and its end until they are asked for. */
export class Raw {
  constructor(url) {
    this.ws = new WebSocket(url);
    this.ws.binaryType = "nodebuffer";
    this.messages = [];
    this.waiting = [];
    this.opened = new Promise((resolve) => this.ws.once("open", resolve));
    this.closed = new Promise((resolve) => this.ws.once("close", resolve));
    this.ws.on("error", () => {}); // a refused handshake; "close" follows
    this.ws.on("message", (data, isBinary) => {
      const message = isBinary ? data : data.toString();
      const waiting = this.waiting.shift();
      if (waiting) waiting(message);
      else this.messages.push(message);
    });
  }

  /** The next message, heartbeats included. */
  next() {
    if (this.messages.length > 0) return Promise.resolve(this.messages.shift());
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The next n messages that are no heartbeat. */
  async take(n) {
    const out = [];
    while (out.length < n) {
      const message = await this.next();
      if (message !== "2") out.push(message);
    }
    return out;
  }

  send(...messages) {
    for (const message of messages) this.ws.send(message);
  }

  close() {
    this.ws.close();
  }
}

/** Opens a session on polling and returns its OPEN packet's object. */
export async function openPolling(base) {
  const response = await fetch(`${base}?EIO=4&transport=polling`);
  return JSON.parse((await response.text()).slice(1));
}
