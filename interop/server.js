// Starts cmd/ioserver for a test file and ends it afterwards.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Builds the server into a directory of its own, unless IOSERVER names one that is built. */
function binary() {
  if (process.env.IOSERVER) return { path: process.env.IOSERVER, remove() {} };
  const dir = mkdtempSync(join(tmpdir(), "ioserver-"));
  const path = join(dir, "ioserver");
  execFileSync("go", ["build", "-o", path, "./cmd/ioserver"], { cwd: root, stdio: "inherit" });
  return { path, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/**
 * A port below those that the system gives to outgoing connections: a server that is started again must find it free,
 * however many clients try meanwhile.
 */
async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await new Promise((resolve) => {
      const probe = createServer();
      probe.on("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Runs a server with these flags around the tests of a file; `url` is set before they run. */
export function withServer(...flags) {
  const server = {
    url: "",
    process: undefined,
    /** Starts again on the same port, as after a crash. */
    async restart() {
      await server.kill();
      await server.start(new URL(server.url).host);
    },
    async kill(signal = "SIGKILL") {
      const running = server.process;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise((resolve) => running.once("exit", resolve));
      running.kill(signal);
      await gone;
    },
    async start(address) {
      address ??= `127.0.0.1:${await freePort()}`;
      server.process = spawn(server.path, ["--addr", address, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
      // A file that runs out of time is ended without its hooks.
      process.once("exit", () => server.process.kill("SIGKILL"));
      process.once("SIGTERM", () => process.exit(1));
      const lines = createInterface({ input: server.process.stdout });
      for await (const line of lines) {
        const found = /msg=listening addr=(\S+)/.exec(line);
        if (!found) continue;
        server.url = `http://${found[1]}`;
        server.process.stdout.resume();
        return;
      }
      throw new Error("the server did not start");
    },
  };
  let built;
  before(async () => {
    built = binary();
    server.path = built.path;
    await server.start();
  });
  after(async () => {
    await server.kill("SIGTERM");
    built.remove();
  });
  return server;
}
