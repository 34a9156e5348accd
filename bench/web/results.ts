import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { resolve } from "node:path";

export interface Result {
  measure: string;
  goal: string;
  got: string;
  met: boolean;
}

export function percentile(values: number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))] ?? NaN;
}

/** The table as it is published; what misses its goal says so. */
export function writeResults(results: Result[], chromium: string, loadBefore: number): void {
  const rows = results.map((r) => `| ${r.measure} | ${r.goal} | ${r.got} | ${r.met ? "met" : "**not met**"} |`);
  const text = `# The page, measured

\`make bench-web\` writes this file: production build, the built binary, RabbitMQ, SQLite and headless Chromium ${chromium} on one machine (${cpus().length} cores, load ${loadBefore.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after). Times on a machine that does other work are upper bounds. Measured ${new Date().toISOString().slice(0, 10)}.

| measure | goal | measured | |
|---|---|---|---|
${rows.join("\n")}

- **Sizes**: every script that Chromium fetched for the view, gzip -9, each once.
- **Frames**: the time between animation frames while 10,000 loaded rows scroll by 200 pixels a frame, three times 600 frames. Work is the longest animation frame's own duration as Chromium reports it (it reports those from 50 ms).
- **Tasks**: Chromium's long tasks (it reports those from 50 ms) from the first event until the page shows the last.
- **Painted**: from just before the publish until the second animation frame after the text stands in the thread.
- **Memory**: the JavaScript heap in use after a forced collection, with a thread open that gets every tenth message.
`;
  writeFileSync(resolve(import.meta.dirname, "RESULTS.md"), text);
}
