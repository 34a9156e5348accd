import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** The points at which the process can be made to die, as the program lists them. */
export const points: string[] = [
  ...readFileSync(join(root, "internal/failpoint/points.go"), "utf8").matchAll(/Point = "([^"]+)"/g),
].map((m) => m[1]!);

/** Builds a portal that can be made to die; its path. */
export function killable(): string {
  const binary = join(root, "bin/agentportal-failpoint");
  execFileSync("go", ["build", "-trimpath", "-tags", "failpoint", "-o", binary, "./cmd/agentportal"], { cwd: root });
  return binary;
}

/** Tells a portal where to die. */
export class Failpoint {
  private readonly dir = mkdtempSync(join(tmpdir(), "portal-failpoint-"));
  private readonly file = join(this.dir, "point");

  /** The portal's settings for it. */
  env(): Record<string, string> {
    return { PORTAL_FAILPOINT: this.file };
  }

  /** The process dies the nth time that it comes to the point. */
  arm(point: string, nth = 1): void {
    writeFileSync(this.file, `${point}:${nth}`);
  }

  disarm(): void {
    rmSync(this.file, { force: true });
  }

  dispose(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
