import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export interface Received {
  headers: IncomingHttpHeaders;
  body: { id: string; type: string; timestamp: string; data: Record<string, unknown> };
}

/** A receiver's response: a status with optional headers, or no response. */
export type Answer = number | { status: number; headers: Record<string, string> } | "silence";

/** A webhook receiver that checks signatures with the reference library. */
export class WebhookReceiver implements AsyncDisposable {
  readonly url: string;
  /** All messages with a valid signature, whatever the response was. */
  readonly received: Received[] = [];
  readonly refused: unknown[] = [];
  answer: (received: Received) => Answer = () => 204;
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async start(secret: string, host = "127.0.0.1", port = 0): Promise<WebhookReceiver> {
    const verifier = new Webhook(secret);
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        try {
          const headers = request.headers as Record<string, string>;
          const body = verifier.verify(Buffer.concat(chunks).toString(), headers) as Received["body"];
          const received = { headers: request.headers, body };
          receiver.received.push(received);
          const answer = receiver.answer(received);
          if (answer === "silence") return;
          if (typeof answer === "number") response.writeHead(answer).end();
          else response.writeHead(answer.status, answer.headers).end();
        } catch (error) {
          receiver.refused.push(error);
          response.writeHead(401).end();
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    const { port: bound } = server.address() as AddressInfo;
    const receiver = new WebhookReceiver(`http://${host}:${bound}/hooks/T0K3N`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return receiver;
  }

  get types(): string[] {
    return this.received.map(({ body }) => body.type);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
