import { z } from "zod";
import type { Serialization } from "../../recording/gateway/gateway.ts";
import { unpack } from "./binaryPack.ts";

/** The content of a message: text, any other JSON value, or binary data. */
export type MessageContent = { text: string } | { json: unknown } | { base64: string };

/** Limits for messages in parts; more is an attack or an error. */
const MAX_UNFINISHED = 16;
const MAX_PARTS = 1_000;
const MAX_UNFINISHED_BYTES = 4 * 1024 * 1024;

const part = z.int().min(0).max(MAX_PARTS);
/** skyway-js sends every message in its default serialization as parts, each of them packed again. */
const SkywayPart = z.object({
  id: z.string(),
  index: part,
  totalParts: part.min(1),
  data: z.instanceof(Buffer),
});
/** PeerJS sends large messages as parts. */
const PeerJsPart = z
  .object({ __peerData: z.number(), n: part, total: part.min(1), data: z.instanceof(Buffer) })
  .transform(({ __peerData, n, total, data }) => ({ id: `${__peerData}`, index: n, totalParts: total, data }));
const Part = z.union([SkywayPart, PeerJsPart]);
type Part = z.infer<typeof Part>;

/** Reads the messages of one data connection. Never throws, whatever a page sends. */
export class MessageReader {
  readonly #serialization: Serialization;
  readonly #unfinished = new Map<string, (Buffer | undefined)[]>();

  constructor(serialization: Serialization) {
    this.#serialization = serialization;
  }

  /** @returns undefined while parts of the message are missing. */
  read(message: Buffer): MessageContent | undefined {
    if (this.#serialization === "NONE") return plain(message);
    try {
      if (this.#serialization === "JSON") return contentOf(JSON.parse(message.toString("utf8")));
      const value = unpack(message);
      const { success, data } = Part.safeParse(value);
      return success ? this.#joined(data) : contentOf(value);
    } catch {
      return plain(message);
    }
  }

  #joined({ id, index, totalParts, data }: Part): MessageContent | undefined {
    const parts = this.#unfinished.get(id) ?? new Array<Buffer | undefined>(totalParts).fill(undefined);
    if (index < parts.length) parts[index] = data;
    this.#unfinished.delete(id);
    if (parts.includes(undefined)) {
      this.#unfinished.set(id, parts);
      this.#forgetOldest();
      return undefined;
    }
    return contentOf(unpack(Buffer.concat(parts.filter((one) => one !== undefined))));
  }

  #forgetOldest(): void {
    const sizes = [...this.#unfinished].map(([id, parts]) => ({ id, bytes: bytesOf(parts) }));
    let bytes = sizes.reduce((sum, one) => sum + one.bytes, 0);
    for (const one of sizes) {
      if (this.#unfinished.size <= MAX_UNFINISHED && bytes <= MAX_UNFINISHED_BYTES) return;
      this.#unfinished.delete(one.id);
      bytes -= one.bytes;
    }
  }
}

const bytesOf = (parts: readonly (Buffer | undefined)[]): number =>
  parts.reduce((sum, one) => sum + (one?.byteLength ?? 0), 0);

function contentOf(value: unknown): MessageContent {
  if (typeof value === "string") return { text: value };
  if (Buffer.isBuffer(value)) return plain(value);
  return { json: value };
}

/** Bytes that are valid UTF-8 become text. */
function plain(bytes: Buffer): MessageContent {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { base64: bytes.toString("base64") };
  }
}
