import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Portal, seed } from "./portal.ts";

/** A portal whose data lies on a disk of its own, which can be filled. The disk goes with the process. */
export class SmallDisk {
  private constructor(
    readonly portal: Portal,
    private readonly place: string,
  ) {}

  static async under(env: Record<string, string>, megabytes = 24): Promise<SmallDisk> {
    const portal = await Portal.empty();
    const place = join(portal.dir, "disk");
    mkdirSync(place);
    portal.env = { ...env, PORTAL_DATABASE_URL: `sqlite:${join(place, "portal.db")}` };
    const file = portal.file("seed.json", JSON.stringify(seed));
    // In a mount namespace of the process's own: nobody else sees the disk, and nobody has to unmount it.
    const script = `mount -t tmpfs -o size=${megabytes}m portal ${place} && "$0" seed ${file} && exec "$0" serve`;
    portal.launcher = ["unshare", "--mount", "--map-root-user", "sh", "-c", script];
    return new SmallDisk(portal, place);
  }

  private get filler(): string {
    return join("/proc", String(this.portal.pid), "root", this.place, "filler");
  }

  /** Takes all the room that is left. */
  fill(): void {
    const file = openSync(this.filler, "a");
    const block = Buffer.alloc(4096);
    try {
      for (;;) writeSync(file, block);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== "ENOSPC") throw err;
    } finally {
      closeSync(file);
    }
  }

  empty(): void {
    rmSync(this.filler);
  }
}
