import { createHmac, randomUUID } from "node:crypto";
import { secrets } from "./portal.ts";
import { until } from "./until.ts";

const now = () => String(Math.floor(Date.now() / 1000));

/** Meta's side of a tenant's webhook: it signs, and posts again until it hears 200. */
export class Hook {
  constructor(
    private readonly url: string,
    private readonly phoneNumberId = "1050",
  ) {}

  /** One post; its status. */
  async post(value: Record<string, unknown>): Promise<number> {
    const metadata = { phone_number_id: this.phoneNumberId, display_phone_number: "+1 555 0100" };
    const body = JSON.stringify({ entry: [{ changes: [{ field: "messages", value: { metadata, ...value } }] }] });
    const signature = createHmac("sha256", secrets.appSecret).update(body).digest("hex");
    const res = await fetch(`${this.url}/webhooks/whatsapp`, { method: "POST", body, headers: { "x-hub-signature-256": `sha256=${signature}` } });
    return res.status;
  }

  private async deliver(value: Record<string, unknown>): Promise<void> {
    await until("a webhook to be taken", async () => (await this.post(value)) === 200, 60_000);
  }

  async receive({ wamid = `wamid.${randomUUID()}`, wa_id = "919876543210", message_text = "Hello", timestamp = now() } = {}): Promise<void> {
    await this.deliver({
      contacts: [{ wa_id, profile: { name: "John Doe" } }],
      messages: [{ id: wamid, from: wa_id, timestamp, type: "text", text: { body: message_text } }],
    });
  }

  async report(wamid: string, status: string): Promise<void> {
    await this.deliver({ statuses: [{ id: wamid, status, timestamp: now(), recipient_id: "919876543210" }] });
  }
}
