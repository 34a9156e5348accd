import type { Browser, BrowserContextOptions } from "playwright-core";
import { Agent } from "./agent.ts";
import { Broker } from "./broker.ts";
import { Desk, launch } from "./browser.ts";
import { Graph } from "./graph.ts";
import { Portal } from "./portal.ts";
import { until } from "./until.ts";

/** A portal with its broker, its provider and a browser: what a test of the page plays on. */
export class Stage {
  private constructor(
    readonly broker: Broker,
    readonly graph: Graph,
    readonly portal: Portal,
    readonly browser: Browser,
    /** Signed in as Ann by REST: what the server says. */
    readonly ann: Agent,
  ) {}

  static async open(env: Record<string, string> = {}): Promise<Stage> {
    const [broker, graph, browser] = await Promise.all([Broker.open(), Graph.open(), launch()]);
    const portal = await Portal.make({ ...broker.env(), PORTAL_GRAPH_URL: graph.url, ...env });
    await portal.start();
    return new Stage(broker, graph, portal, browser, await Agent.signIn(portal.url, "ann@acme.test"));
  }

  /** A signed-in agent at a browser context of their own. */
  async desk(who: string, path = "/conversations", options: BrowserContextOptions = {}, url = this.portal.url): Promise<Desk> {
    const desk = await Desk.open(this.browser, url, options);
    await desk.signIn(`${who}@acme.test`, path);
    return desk;
  }

  /** A customer writes; returns the conversation once the server has the message. */
  async customer(name: string, waId: string, ...texts: string[]): Promise<any> {
    for (const text of texts) await this.broker.receive({ wa_id: waId, contact_name: name, message_text: text });
    return until(`the conversation of ${name}`, async () => {
      const found = (await this.ann.conversations(`?search=${waId}`)).conversations[0];
      return found?.lastMessage?.text === texts.at(-1) && found;
    });
  }

  /** What the server says of a conversation's thread. */
  async thread(id: string): Promise<any[]> {
    return (await this.ann.rest("GET", `/conversations/${id}/messages?limit=200`)).body.messages;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.portal.dispose();
    await this.broker.close();
    await this.graph.close();
  }
}
