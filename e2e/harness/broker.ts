import { randomUUID } from "node:crypto";
import amqp, { type ChannelModel, type ConfirmChannel } from "amqplib";
import { until } from "./until.ts";

export const amqpURL = process.env.TEST_AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672/";

/** Queues of this test's own on a real broker; close deletes them. */
export class Broker {
  private readonly name = randomUUID().slice(0, 8);
  readonly inbound = `e2e.${this.name}.inbound`;
  readonly status = `e2e.${this.name}.status`;
  private connection?: ChannelModel;
  private opening?: Promise<ConfirmChannel>;
  private constructor(readonly url: string) {}

  static async open(url = amqpURL): Promise<Broker> {
    const broker = new Broker(url);
    await broker.channel();
    return broker;
  }

  /** The channel in use; a new one after the last has broken. */
  private channel(): Promise<ConfirmChannel> {
    this.opening ??= (async () => {
      const again = () => (this.opening = undefined);
      try {
        this.connection = await amqp.connect(this.url);
        this.connection.on("error", again); // a restarted broker is part of some tests
        this.connection.on("close", again);
        const channel = await this.connection.createConfirmChannel();
        channel.on("error", again);
        channel.setMaxListeners(0); // each publication that waits for its confirm listens
        return channel;
      } catch (err) {
        again();
        throw err;
      }
    })();
    return this.opening;
  }

  /** The portal's settings for these queues. */
  env(): Record<string, string> {
    return { PORTAL_BROKER_URL: this.url, PORTAL_INBOUND_QUEUE: this.inbound, PORTAL_STATUS_QUEUE: this.status };
  }

  /**
   * Publishes raw bytes, or a value as JSON, and waits for the confirm. Where
   * none comes it publishes again: the portal knows a message by its wamid.
   */
  async publish(queue: string, body: unknown): Promise<void> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    await until(`a confirm of ${queue}`, async () => {
      const channel = await this.channel();
      await new Promise<void>((res, rej) => {
        channel.once("close", rej);
        channel.sendToQueue(queue, bytes, { persistent: true, contentType: "application/json" }, (err) => {
          channel.off("close", rej);
          if (err) rej(err);
          else res();
        });
      });
      return true;
    }, 60_000);
  }

  async receive(message: Partial<Inbound>): Promise<Inbound> {
    const full: Inbound = {
      tenantId: "acme",
      wamid: `wamid.${randomUUID()}`,
      wa_id: "919876543210",
      contact_name: "John Doe",
      timestamp: String(Math.floor(Date.now() / 1000)),
      message_text: "Hello",
      media_url: null,
      phone_number_id: message.tenantId === "globex" ? "1051" : "1050",
      display_phone_number: "+1 555 0100",
      ...message,
    };
    await this.publish(this.inbound, full);
    return full;
  }

  async report(wamid: string, status: string, more: Record<string, unknown> = {}): Promise<void> {
    await this.publish(this.status, {
      tenantId: "acme",
      wamid,
      recipientId: "919876543210",
      status,
      timestamp: String(Math.floor(Date.now() / 1000)),
      errors: [],
      conversation: {},
      ...more,
    });
  }

  /** Takes one message off a queue, if there is one. */
  async take(queue: string): Promise<{ body: Buffer; headers: Record<string, unknown> } | null> {
    const m = await (await this.channel()).get(queue, { noAck: true });
    return m ? { body: m.content, headers: m.properties.headers ?? {} } : null;
  }

  async close(): Promise<void> {
    const channel = await this.channel();
    for (const q of [this.inbound, this.status]) {
      await channel.deleteQueue(q);
      await channel.deleteQueue(`${q}.dead`);
    }
    await this.connection?.close();
  }
}

export interface Inbound {
  tenantId?: string;
  wamid: string;
  wa_id: string;
  contact_name?: string;
  timestamp: string;
  message_text: string | null;
  media_url: string | null;
  phone_number_id?: string;
  display_phone_number?: string;
}
