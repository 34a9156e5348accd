import { randomUUID } from "node:crypto";
import amqp, { type ChannelModel, type ConfirmChannel } from "amqplib";

export const amqpURL = process.env.TEST_AMQP_URL ?? "amqp://guest:guest@127.0.0.1:5672/";

/** Queues of this test's own on the real broker; close deletes them. */
export class Broker {
  readonly inbound: string;
  readonly status: string;
  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: ConfirmChannel,
    name: string,
  ) {
    this.inbound = `e2e.${name}.inbound`;
    this.status = `e2e.${name}.status`;
  }

  static async open(): Promise<Broker> {
    const connection = await amqp.connect(amqpURL);
    connection.on("error", () => {}); // a restarted broker is part of some tests
    return new Broker(connection, await connection.createConfirmChannel(), randomUUID().slice(0, 8));
  }

  /** The portal's settings for these queues. */
  env(): Record<string, string> {
    return { PORTAL_BROKER_URL: amqpURL, PORTAL_INBOUND_QUEUE: this.inbound, PORTAL_STATUS_QUEUE: this.status };
  }

  /** Publishes raw bytes, or a value as JSON, and waits for the confirm. */
  async publish(queue: string, body: unknown): Promise<void> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    await new Promise<void>((res, rej) =>
      this.channel.sendToQueue(queue, bytes, { persistent: true, contentType: "application/json" }, (err) =>
        err ? rej(err) : res(),
      ),
    );
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
    const m = await this.channel.get(queue, { noAck: true });
    return m ? { body: m.content, headers: m.properties.headers ?? {} } : null;
  }

  async close(): Promise<void> {
    for (const q of [this.inbound, this.status]) {
      await this.channel.deleteQueue(q);
      await this.channel.deleteQueue(`${q}.dead`);
    }
    await this.connection.close();
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
