import { existsSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";

const candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const artifacts = resolve(import.meta.dirname, "../../artifacts");

export async function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? candidates.find(existsSync);
  if (!executablePath) throw new Error("no Chromium: install it, or set CHROMIUM to its path");
  mkdirSync(artifacts, { recursive: true });
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** One agent at a browser of their own, with what the console complained of. */
export class Desk {
  readonly complaints: string[] = [];
  /** Grows with every full load of the page. */
  loads = 0;
  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly url: string,
  ) {
    page.on("console", (m) => {
      if (m.type() === "error") this.complaints.push(`${m.text()} ${m.location().url}`);
    });
    page.on("pageerror", (e) => this.complaints.push(String(e)));
    page.on("load", () => this.loads++);
  }

  static async open(browser: Browser, url: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Desk> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    return new Desk(context, await context.newPage(), url);
  }

  async signIn(email: string, path = "/conversations", password = "correct horse"): Promise<void> {
    await this.page.goto(this.url + path);
    await this.page.getByLabel(/email/i).fill(email);
    await this.page.getByLabel(/password/i).first().fill(password);
    await this.page.locator("button[type=submit]").click();
    await this.page.waitForURL((u) => !u.pathname.startsWith("/login"));
    await this.inSync();
  }

  async inSync(ms = 20_000): Promise<void> {
    await this.status("connected", ms);
  }

  async status(state: string, ms = 20_000): Promise<void> {
    await this.page.locator(`[data-testid=connection-status][data-state=${state}]`).first().waitFor({ timeout: ms });
  }

  row(name: string) {
    return this.page.getByTestId("conversation-item").filter({ hasText: name });
  }

  message(text: string) {
    return this.page.getByTestId("message").filter({ hasText: text });
  }

  async write(text: string): Promise<void> {
    const box = this.page.getByTestId("composer");
    await box.fill(text);
    await box.press("Enter");
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: resolve(artifacts, `${name}.png`) });
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
